/** The one client of this page. */

import { BackchannelClient } from "backchannel-client";

export const client = new BackchannelClient({ cookie: true });
