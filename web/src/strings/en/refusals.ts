/** The English texts of the server's refusals. */

export const refusals = {
  tooFast: (time: string) => `Too many requests. You can try again in ${time}.`,
  unknown: (detail: string) => `The server refused this: ${detail}`,
  /** By the server's code; one with a field takes precedence. */
  reasons: {
    account_disabled: "This account is disabled. Ask the operator of this server.",
    conflict: "This has changed since you opened it.",
    "conflict emoji": "A message can have at most 20 different reactions.",
    damaged: "The server cannot read this: it is damaged. Tell the operator of this server.",
    failed: "The server’s answer could not be read. Try again later.",
    forbidden: "You are not allowed to do this.",
    internal: "The server failed. Its operator can find the reason in the log.",
    "invalid about": "Use one line of visible characters.",
    "invalid body": "This message is too long. Send it as a file.",
    "invalid display_name": "This name is reserved or has unusual characters. Choose another one.",
    "invalid password":
      "This password is too common, too long, or the same as your name. Choose another one.",
    "invalid q": "Search for fewer or shorter words.",
    "invalid username":
      "This username is reserved, too long or has unusual characters. Choose another one.",
    not_found: "This no longer exists.",
    "not_found body": "The recipient or an attached file no longer exists.",
    overloaded: "The server is busy. Try again in a moment.",
    quota_exceeded: "You have no space left on this server. Delete messages that have files.",
    request_unanswered: "You can write again when your message request has been answered.",
    throttled: "Too many requests. Try again in a moment.",
    too_large: "This is larger than the server allows.",
    unavailable: "The server cannot do this at the moment. Try again later.",
    unsupported_file:
      "The server cannot accept this file. Is it damaged? Put programs into an archive first.",
    username_taken: "Someone has this name already.",
    wrong_password: "This password is wrong.",
  },
};

export type RefusalStrings = typeof refusals;
