/** The one client of this page. */

import { BackchannelClient } from "backchannel-client";

export const client = new BackchannelClient({
  cookie: true,
  // A refresh token counts once, and all tabs share it.
  alone: (work) =>
    navigator.locks ? navigator.locks.request("backchannel-refresh", () => work()) : work(),
});
