// What refusals are called, in English. Sentences say what happened and what to do next.

const textName = {
  "enrolment-link": "enrolment link",
  "issuer-card": "issuer card",
  "setup-link": "setup link",
};

const nameOf = (expected) => textName[expected] ?? "link";
const aNameOf = (expected) => `${expected === "setup-link" ? "a" : "an"} ${nameOf(expected)}`;
const begins = { "issuer-card": "A card" };

/** Why a server could not be asked. */
export const unreached = {
  "timeout": () => "it did not answer within 10 seconds",
  "unknown-name": () => "its name is not known on this network",
  "nothing-there": () => "nothing answers at its address",
  "not-secure": ({ what }) => `no secure connection could be made (${what})`,
  "hung-up": () => "it hung up",
  "other": ({ what }) => what,
};

/** What each kind of refusal is called in words. A server's own reasons come in English as they are. */
export const problems = {
  "locked": () => "Countersign is locked. Enter your PIN.",
  "wrong-pin": () => "Wrong PIN.",
  "pin-digits": () => "A PIN has 4 to 8 digits.",
  "pin-length": (p) => `Your PIN has ${p.expected} digits.`,
  "trivial-pin": () => "That PIN is one of the first that anybody would try. Choose another.",
  "pin-mismatch": () => "The two PINs differ. Choose a PIN again.",
  "keyring-emptied": () => "The keyring no longer holds your tokens.",
  "too-long": (p) =>
    `This is longer than ${p.limit.toLocaleString("en")} characters. Paste only the text that you were sent.`,
  "not-ours": (p) =>
    `This is not ${aNameOf(p.expected)}. ${begins[p.expected] ?? "A link"} begins with ${p.prefix}`,
  "unknown-version": (p) =>
    `This ${nameOf(p.expected)} is of a newer format than this app knows. Update Countersign, then try again.`,
  "text-damaged": (p) =>
    `This ${nameOf(p.expected)} is damaged or cut short. Copy the whole of it again, or ask for a new one.`,
  "text-malformed": (p) =>
    `This ${nameOf(p.expected)} is not well formed (${p.reason}). Ask whoever sent it for a new one.`,
  "link-expired": () => "This enrolment link has expired. Ask your help desk for a new one.",
  "link-used": (p) =>
    `This enrolment link was used here already: it made the token ${p.credential_id}.`,
  "name": () => "A name has 1 to 64 characters, on one line.",
  "several-accounts": () =>
    "This code exports several accounts at once. Export them one by one, each with its own code.",
  "secret-key": () => "A key has only the letters A to Z and the digits 2 to 7. Look at it again.",
  "form": (p) => `This cannot be: ${p.reason}.`,
  "no-picture": () => "This is no picture that can be read. Use a PNG or JPEG file.",
  "no-picture-in-clipboard": () => "There is no picture in the clipboard. Copy one, then come back.",
  "picture-too-large": () => "This picture is too large. Cut out the QR code, then try again.",
  "no-qr-code": () => "No QR code was found. Use a sharper picture that shows the whole code.",
  "other-qr-code": () => "This QR code is for something else. Use the one that your issuer gave you.",
  "already-enrolled": () =>
    "This token belongs to a server already. Make a new token for another enrolment link.",
  "typed-differs": () => "This is not the token's credential ID. Type it as it is shown.",
  "only-own": () => "Another issuer's token cannot do this.",
  "no-challenge": () => "The number has 8 digits. Type it as the signing page shows it.",
  "no-counter": () => "This token has no counter: its codes change by themselves.",
  "no-counter-code": () => "There is no code yet. Choose “Next code” first.",
  "order": () => "The tokens have changed meanwhile. Look at the list again.",
  "counter-used-up": () => "This token has given its last code. Ask its issuer for a new one.",
  "passphrase": (p) =>
    `A passphrase for a file has ${p.minimum} to ${p.maximum} characters, not all the same. Four words do well.`,
  "request-refused": (p) => `${p.host} did not do this: ${p.detail}`,
  "answer-unreadable": (p) =>
    `What ${p.host} answered cannot be read. Update Countersign, then try again.`,
  "too-long-for-qr": () => "This is too long for a QR code. Use the file.",
  "not-enrolled": () => "No server knows this token yet, so there is nobody to ask.",
  "settings-not-saved": (p) => `Your choice could not be saved: ${p.reason}.`,
  "autostart": (p) => `Starting with the system could not be changed: ${p.reason}.`,
  "no-link": () => "No enrolment link is waiting. Open or paste one first.",
  "nothing-to-send": () => "This token's server has it already.",
  "vault-full": () =>
    "The keyring cannot hold this token: its names are too long, or there are too many tokens.",
  "server-unreachable": (p) => `${p.host} could not be reached: ${unreached[p.reason.why](p.reason)}.`,
  "server-refused": (p) => `${p.host} did not take the token: ${p.detail}`,
  "unknown-token": () => "This token is not here any more.",
  "no-export": () => "Make the provisioning data first.",
  "cannot-save": (p) => `The file could not be saved in ${p.folder}: ${p.reason}.`,
  "clipboard": (p) => `The clipboard could not be used: ${p.reason}. Read it off instead.`,
  "internal": (p) => `Something in Countersign failed: ${p.reason}.`,
};
