// A picture with a QR code, from a file or the clipboard; the program reads it.

import * as ipc from "../ipc.js";
import { strings } from "../strings.js";

/** What the program takes at most, in bytes. */
const LARGEST = 16 * 1024 * 1024;

/** What the code in a picture file says, as `ipc.readQrBytes`. */
export async function readQrFile(file) {
  if (file.size > LARGEST) throw { kind: "picture-too-large" };
  return ipc.readQrBytes(await base64Of(file));
}

function base64Of(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => failed({ kind: "no-picture" });
    reader.readAsDataURL(file);
  });
}

/** What the code in the clipboard's picture says. */
export const readQrClipboard = () => ipc.readQrClipboard();

/** Calls `done(text)` with an announced "reading" while `job` runs. */
export async function announced(place, job) {
  place.textContent = strings.readingQr;
  try {
    return await job();
  } finally {
    place.textContent = "";
  }
}
