// Every text that a person reads, in English. Sentences say what happened and what to do next.

const plural = (count, one, many) => (count === 1 ? one : many);

const textName = {
  "enrolment-link": "enrolment link",
  "issuer-card": "issuer card",
};

const an = (expected) => `an ${textName[expected]}`;
const this_ = (expected) => `This ${textName[expected]}`;

/** What each kind of refusal is called in words; `message` stands in for a kind not listed. */
const problems = {
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
    `This is not ${an(p.expected)}. ${p.expected === "issuer-card" ? "A card" : "A link"} begins with ${p.prefix}`,
  "unknown-version": (p) =>
    `${this_(p.expected)} is of a newer format than this app knows. Update Countersign, then try again.`,
  "text-damaged": (p) =>
    `${this_(p.expected)} is damaged or cut short. Copy the whole of it again, or ask for a new one.`,
  "text-malformed": (p) =>
    `${this_(p.expected)} is not well formed (${p.reason}). Ask whoever sent it for a new one.`,
  "link-expired": () => "This enrolment link has expired. Ask your help desk for a new one.",
  "link-used": (p) =>
    `This enrolment link was used here already: it made the token ${p.credential_id}.`,
  "name": () => "A name has 1 to 64 characters, on one line.",
  "no-link": () => "No enrolment link is waiting. Open or paste one first.",
  "nothing-to-send": () => "This token's server has it already.",
  "vault-full": () =>
    "The keyring cannot hold this token: its names are too long, or there are too many tokens.",
  "server-unreachable": (p) =>
    `${p.host} could not be reached: ${p.reason}. The token is kept here.`,
  "server-refused": (p) => `${p.host} did not take the token: ${p.detail}`,
  "unknown-token": () => "This token is not here any more.",
  "no-export": () => "Make the provisioning data first.",
  "cannot-save": (p) => `The file could not be saved in ${p.folder}: ${p.reason}.`,
  "clipboard": (p) => `The clipboard could not be used: ${p.reason}. Read it off instead.`,
};

export function problemText(problem) {
  const words = problems[problem?.kind];
  if (words) return words(problem);
  const message = problem?.message ?? String(problem);
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

export const strings = {
  app: "Countersign",
  back: "Back",
  copied: "Copied",

  loading: "Opening your keyring",
  loadingHint: "If your system asks for a password, it is for the keyring where your tokens are kept.",

  welcome: "Set up your token",
  welcomeText: "Open the enrolment link from your mail on this device, or paste it here.",
  addToken: "Add a token",
  linkLabel: "Enrolment link",
  linkPlaceholder: "countersign://enrol#…",
  useLink: "Use this link",
  linkEmpty: "Paste your enrolment link here first.",

  nameToken: "Name your token",
  leadsTo: "This link enrols you with",
  issuer: "Issuer",
  server: "Server",
  tokenName: "Token name",
  tokenNameHint: "So that you can tell it from your other tokens.",
  tokenNameDefault: "My phone",
  chooseMyPin: "Choose a PIN",
  makeToken: "Make the token",
  setAside: "Not now",

  choosePin: "Choose a PIN",
  choosePinText: (length) => `${length} digits. You enter it each time before you see a code.`,
  repeatPin: "Enter the PIN again",
  repeatPinText: "To be sure that there is no slip.",
  enrolling: "Making your token",
  enrollingText: "The seed is made on this device and kept in its keyring.",

  unlock: "Enter your PIN",
  unlockFor: (invitation) =>
    `Unlock to add your token for ${invitation.issuer} (${invitation.host}).`,
  triesLeft: (count) =>
    count === 1
      ? "1 try left. One more wrong PIN erases your tokens."
      : `${count} ${plural(count, "try", "tries")} left${count <= 3 ? ", then your tokens are erased" : ""}`,
  pinKey: (digit) => `Digit ${digit}`,
  pinErase: "Erase the last digit",
  pinProgress: (entered, length) => `${entered} of ${length} digits entered`,
  checkingPin: "Checking",

  tokens: "Tokens",
  addShort: "Add token",
  lockNow: "Lock",
  credentialId: "Credential ID",
  copyId: "Copy ID",
  copyIdOf: (name) => `Copy the credential ID of ${name}`,
  copyCode: "Copy code",
  copyCodeOf: (name) => `Copy the security code of ${name}`,
  securityCode: "Security code",
  secondsLeft: "seconds left",
  digitByDigit: (digits) => [...digits].join(" "),
  sent: (host) => `Sent to ${host}`,
  sending: (host) => `Sending to ${host}`,
  pending: (host) => `Not sent to ${host} yet`,
  pendingExpired: "Its link has expired: if sending fails, ask your help desk for a new one.",
  notEnrolled: "Not sent to any server",
  retrySending: "Send again",
  exportInstead: "Without a network, save its provisioning data and carry it there.",
  openExport: "Provisioning data",
  noTokens: "No tokens yet. Add one with the enrolment link that you were sent.",
  unreadable: (ids) =>
    `What the keyring holds for ${ids.join(", ")} is damaged, so ${plural(ids.length, "this token makes", "these tokens make")} no codes. Nothing was changed. Tell your help desk.`,
  noteUnwritten:
    "Countersign could not write to its data folder. Your tokens are safe in the keyring; write their credential IDs down, in case it is ever lost.",

  export: "Provisioning data",
  exportText: (name) =>
    `Gives “${name}” to another server, without a network. Paste that server's issuer card; only that server can open what is made.`,
  cardLabel: "Issuer card",
  cardPlaceholder: "countersign://issuer#…",
  makeExport: "Seal for this server",
  cardEmpty: "Paste the server's issuer card here first.",
  exportToOwn: (issuer) => `Seal for ${issuer}`,
  exportToOwnText: (host) => `This token could not be sent to ${host} yet. Take it there as a file or a picture instead:`,
  sealedFor: (issuer) => `Sealed for ${issuer}`,
  qrAlt: (issuer) => `QR code with the provisioning data for ${issuer}`,
  noQr: "It is too long for a QR code: use the file.",
  saveExport: "Save as a file",
  savedTo: "Saved as",

  whatToQuote: "Quote to your help desk",
  setUpNew: "Set up a new token",
  tryAgain: "Try again",

  erased: "Your tokens were erased",
  erasedText:
    "After ten wrong PINs in a row, everything that Countersign kept here was erased. Nobody can make codes with it any more.",
  erasedSteps: [
    "Call your help desk, quote the credential IDs, and ask them to deactivate these tokens.",
    "Ask for a new enrolment link.",
    "Open the link on this device to set up a new token.",
  ],

  emptied: "Your tokens are gone from the keyring",
  emptiedText:
    "This device had the tokens below, but its keyring holds nothing for Countersign now. It may have been reset, or another one is open.",
  emptiedSteps: [
    "If you have another keyring or user account, open that one, then try again.",
    "Otherwise call your help desk, and quote the credential IDs.",
    "They deactivate these tokens and send you a new enrolment link.",
  ],
  emptiedUnknown: "Which tokens they were can no longer be read.",

  screens: {
    "keyring-locked": {
      title: "Your keyring is locked",
      text: "Your tokens are safe in it, but Countersign cannot read them.",
      steps: ["Unlock your system's keyring (on Linux: “Passwords and Keys”, or sign in again).", "Then try again."],
    },
    "keyring-absent": {
      title: "No keyring was found",
      text: "Countersign keeps your tokens only in the system's keyring, and it does not answer. Nothing was changed.",
      steps: [
        "On Linux, a keyring service such as GNOME Keyring or KWallet must be running. Sign in to your desktop again, or ask whoever looks after this device.",
        "Then try again.",
      ],
    },
    "prompt-dismissed": {
      title: "The keyring's question was not answered",
      text: "Your system asked whether Countersign may open the keyring, and the question was closed. Nothing was changed.",
      steps: ["Try again, and answer with your keyring's password: mostly the one that you sign in with."],
    },
    "entry-damaged": {
      title: "What the keyring holds is damaged",
      text: "Countersign found its entry, but cannot read it. Nothing was changed, and no new one is made over it.",
      steps: [
        "If you have a backup of your keyring, restore it, then try again.",
        "Otherwise call your help desk: ask for your token to be replaced.",
      ],
    },
    "entry-newer": {
      title: "Your tokens need a newer Countersign",
      text: "A newer version wrote what the keyring holds. Nothing was changed.",
      steps: ["Update Countersign.", "Then try again."],
    },
    "entry-ambiguous": {
      title: "The keyring holds two entries where one should be",
      text: "Countersign cannot tell which is the right one. Nothing was changed.",
      steps: ["Remove the wrong one in your system's keyring program, or ask your help desk.", "Then try again."],
    },
  },
  entryDetail: (entry) => `For your help desk: the keyring's entry “${entry}”.`,
  reasonDetail: (reason) => `For your help desk: ${reason}.`,
};
