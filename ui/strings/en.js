// Every text that a person reads, in English. Sentences say what happened and what to do next.

import { problems } from "./problems-en.js";

const plural = (count, one, many) => (count === 1 ? one : many);

/** A token's state, as its server last told it. */
const states = {
  "provisioned": "Known to the server, not in your account yet",
  "pending-sync": "Being announced to the e-prescribing network",
  "active": "Active",
  "locked": "Locked after too many wrong codes",
  "suspended": "Suspended: reported lost",
  "deactivated": "Deactivated for good",
};

/** What can have happened to a token. */
const logLines = {
  "made": () => "Made on this device",
  "made-by-link": (line) => `Made on this device with the enrolment link of ${line.host}`,
  "imported": () => "Taken over from another issuer",
  "link-used": (line) => `Given to ${line.host} by its enrolment link`,
  "sent": (line) => `Sent to ${line.host}`,
  "not-sent": (line) => `Not sent: ${line.reason}`,
  "refused": (line) => `Refused by the server: ${line.reason}`,
  "exported": (line) => `Provisioning data sealed for ${line.to}`,
  "exported-under-passphrase": () => "Provisioning data saved under a passphrase",
  "renamed": () => "Renamed",
  "now-in-state": (line) => `The server's answer: ${states[line.state] ?? line.state}`,
  "reported-lost": (line) => `Reported ${line.serial} lost with this token`,
};

export default {
  problems,

  app: "Countersign",
  back: "Back",
  cancel: "Cancel",
  save: "Save",
  done: "Done",

  loading: "Opening your keyring",
  loadingHint: "If your system asks for a password, it is for the keyring where your tokens are kept.",

  welcome: "Set up your token",
  welcomeText: "Open the enrolment link from your mail on this device, or paste it here.",
  addToken: "Add a token",
  linkLabel: "Enrolment link",
  linkPlaceholder: "countersign://enrol#…",
  useLink: "Use this link",
  linkEmpty: "Paste your enrolment link here first.",
  otherWays: "Other ways",
  qrCamera: "Photograph a QR code",
  qrCameraHint: "With this device's camera",
  qrFile: "QR code from a picture",
  qrFileHint: "A screenshot or a photo of it",
  qrClipboard: "QR code from the clipboard",
  qrClipboardHint: "Copy the picture first, then come here",
  makeFirst: "Make a token first",
  makeFirstHint: "And associate it with your account later",
  addOther: "A token of another issuer",
  addOtherHint: "By its setup link, or a key that you type in",
  readingQr: "Reading the QR code",

  nameToken: "Name your token",
  nameFirstText:
    "The token is made on this device. Later you give your help desk its credential ID, or use an enrolment link.",
  leadsTo: "This link enrols you with",
  issuer: "Issuer",
  server: "Server",
  tokenName: "Token name",
  tokenNameHint: "So that you can tell it from your other tokens.",
  tokenNameDefault: "My phone",
  linkWhich: "Which token is this link for?",
  linkForMade: "For a token that is here already",
  associateNamed: (name) => `Associate ${name}`,
  linkForNew: "Or for a new token",
  chooseMyPin: "Choose a PIN",
  makeToken: "Make the token",
  setAside: "Not now",

  other: "A token of another issuer",
  otherLink: "Its setup link",
  otherLinkPlaceholder: "otpauth://totp/…",
  otherLinkEmpty: "Paste its setup link here first.",
  useOtherLink: "Use this link",
  otherByHand: "Or type it in",
  otherIssuer: "Issuer",
  otherAccount: "Account",
  otherAccountHint: "Your name there, such as your mail address",
  otherKey: "Key",
  otherKeyHint: "Letters A to Z and digits 2 to 7. Spaces do not matter.",
  otherMore: "Algorithm, digits, time step",
  otherKind: "Codes change",
  otherTotp: "With time",
  otherHotp: "With a counter",
  otherAlgorithm: "Algorithm",
  otherDigits: "Digits",
  otherPeriod: "Time step in seconds",
  otherCounter: "Next counter",
  otherAdd: "Add this token",
  otherMissing: "An account and a key are needed.",

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
  settings: "Settings",
  search: "Search your tokens",
  found: (count) => `${count} ${plural(count, "token", "tokens")} found`,
  nothingFound: "No token has this in its name, issuer or credential ID.",
  reorder: "Change the order",
  moveUp: (name) => `Move ${name} up`,
  moveDown: (name) => `Move ${name} down`,
  moved: (name, place, count) => `${name} is now number ${place} of ${count}`,
  credentialId: "Credential ID",
  copied: "Copied.",
  copiedFor: (seconds) => `Copied. Cleared in ${seconds} s.`,
  copyId: "Copy ID",
  copyIdOf: (name) => `Copy ID of ${name}`,
  copyCode: "Copy code",
  copyCodeOf: (name) => `Copy code of ${name}`,
  securityCode: "Security code",
  nextCode: "Next",
  noCode: "No security code yet",
  hiddenCode: "The security code is hidden",
  reveal: "Show code",
  revealOf: (name) => `Show code of ${name}`,
  makeNextCode: "Next code",
  makeNextCodeOf: (name) => `Next code of ${name}`,
  codeNumber: (counter) => `Code number ${counter}`,
  secondsLeft: "seconds left",
  digitByDigit: (digits) => [...digits].join(" "),
  sent: (host) => `Sent to ${host}`,
  sending: (host) => `Sending to ${host}`,
  pending: (host) => `Not sent to ${host} yet`,
  pendingExpired: "Its link has expired: if sending fails, ask your help desk for a new one.",
  pendingRefused: "Its server refused it; its details say why. Ask your help desk, or send it again.",
  notEnrolled: "Not associated with an account yet",
  otherIssuers: "Of another issuer",
  tokenKept: "The token is kept here.",
  retrySending: "Send again",
  exportInstead: "Without a network, save its provisioning data and carry it there.",
  openExport: "Provisioning data",
  openDetails: "Details",
  openDetailsOf: (name) => `Details of ${name}`,
  noTokens: "No tokens yet. Add one with the enrolment link that you were sent.",
  unreadable: (ids) =>
    `What the keyring holds for ${ids.join(", ")} is damaged, so ${plural(ids.length, "this token makes", "these tokens make")} no codes. Nothing was changed. Tell your help desk.`,
  noteUnwritten:
    "Countersign could not write to its data folder. Your tokens are safe in the keyring; write their credential IDs down, in case it is ever lost.",

  clockSlow: (seconds) => `This device's clock is ${seconds} s slow.`,
  clockFast: (seconds) => `This device's clock is ${seconds} s fast.`,
  clockFix: "Its codes may be refused. Set date and time to automatic in your system's settings.",

  states,
  syncMinute: (minute) => `Network sync, minute ${minute} of 60`,
  lockedUntil: (time) => `Locked after too many wrong codes, until ${time}`,

  rename: "Rename",
  newName: "New name",
  state: "State",
  stateAt: (time) => `As of ${time}`,
  stateUnknown: "Not asked yet",
  refreshState: "Ask the server",
  refreshingState: "Asking the server",
  howCodes: "Codes",
  howTotp: (algorithm, digits, period) => `${algorithm}, ${digits} digits, every ${period} s`,
  howHotp: (algorithm, digits, counter) => `${algorithm}, ${digits} digits, by counter, next ${counter}`,
  made: "Made",
  associate: "Associate this token",
  associateText:
    "On your prescriber dashboard, add a new token with this credential ID and a code. Or paste an enrolment link:",
  associateLink: "Associate by this link",
  reportLost: "Report another token lost",
  log: "What happened to it",
  logEmpty: "Nothing yet.",
  copyLog: "Copy for the help desk",
  logHint: "It holds no secret.",
  logLine: (line) => {
    const words = logLines[line.what];
    return words ? words(line) : line.what;
  },
  deleteToken: "Delete this token",
  deleteLoses: (name, shown) =>
    `The seed of “${name}”${shown ? ` (${shown})` : ""} is erased from this device. It cannot be brought back, and no code can be made with it again.`,
  deleteAssociated: (issuer) =>
    `${issuer} goes on expecting its codes. Deactivate it there, or have another active token, before you delete it: without one, identity proofing starts again.`,
  deleteOther: "If its codes guard an account elsewhere, take it off that account first.",
  deleteType: (shown) => `To confirm, type its credential ID: ${shown}`,
  deleteTypeMismatch: (shown) => `This is not its credential ID, ${shown}.`,
  deleteForGood: (name) => `Delete “${name}” for good`,
  keepToken: "Keep it",

  lost: "Report a token lost",
  lostText: (name) =>
    `“${name}” speaks for your account. Choose the token that is gone: it is suspended at once, so that nobody can sign with it.`,
  lostWhich: "Which one is lost?",
  lostNone: "Your account has no other token.",
  lostAsking: "Asking the server for your other tokens",
  lostThen:
    "If it turns up, your help desk can lift the suspension. If not, tell them today: a loss must be reported within one business day.",
  lostConfirm: (name) => `Suspend “${name}” now`,
  lostChoose: "Choose the lost token first",
  lostDone: (name) => `“${name}” is suspended.`,
  lostNotReached: "If you cannot reach the server, call your help desk at once.",
  lostNoSpeaker:
    "A loss is reported by a token that is associated with your account, and there is none here. Call your help desk.",

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
  pskc: "For a server of another maker",
  pskcText:
    "A PSKC file under a passphrase. Whoever has both can make this token's codes: send the two by different ways.",
  pskcPassphrase: "Passphrase",
  pskcPassphraseHint: "Write it down. Without it nobody can open the file.",
  pskcShow: "Show the passphrase",
  pskcMake: "Save a PSKC file",
  pskcEmpty: "Choose a passphrase for the file first.",

  settingsSecurity: "Security",
  settingsLook: "Appearance",
  settingsSystem: "System",
  changePin: "Change PIN",
  autoLock: "Lock by itself",
  autoLockBackground: "When in the background",
  autoLockSeconds: (seconds) => `After ${seconds} seconds`,
  autoLockMinutes: (minutes) => `After ${minutes} ${plural(minutes, "minute", "minutes")}`,
  hideCodes: "Hide codes until tapped",
  clearClipboard: "Clear a copied code after 30 s",
  theme: "Theme",
  themeSystem: "As the system",
  themeLight: "Light",
  themeDark: "Dark",
  textSize: "Text size",
  percent: (number) => `${number} %`,
  language: "Language",
  languageSystem: "As the system",
  languageNames: { en: "English", es: "Español" },
  autostart: "Start with the system",
  lockShortcut: "Ctrl+L locks Countersign at any time.",

  oldPin: "Enter your PIN",
  oldPinText: "The one that you use now.",
  newPin: "Choose a new PIN",
  pinChanged: "Your PIN is changed.",

  about: "About",
  aboutText: "A soft token for electronic prescribing of controlled substances.",
  version: (number) => `Version ${number}`,
  licences: "Licences",
  licencesText: "Countersign is made with the work of others, under their licences:",

  /** The tray's menu. */
  tray: { show: "Open Countersign", copy: "Copy the code of", lock: "Lock", quit: "Quit" },

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
    "keyring-failed": {
      title: "Your keyring failed",
      text: "It is there, but could not do what Countersign asked. Your tokens are kept in it.",
      steps: [
        "Try again in a moment.",
        "If it goes on, sign out of your system and in again, or tell whoever looks after this device what stands below.",
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
