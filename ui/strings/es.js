// Todos los textos que se leen, en español. Cada frase dice qué ha pasado y qué hacer ahora.

import { problems } from "./problems-es.js";

const plural = (count, one, many) => (count === 1 ? one : many);

/** El estado de un token, según lo último que dijo su servidor. */
const states = {
  "provisioned": "Conocido por el servidor, aún no está en su cuenta",
  "pending-sync": "Anunciándose a la red de receta electrónica",
  "active": "Activo",
  "locked": "Bloqueado por demasiados códigos erróneos",
  "suspended": "Suspendido: se denunció su pérdida",
  "deactivated": "Desactivado definitivamente",
};

/** Lo que puede haberle pasado a un token. */
const logLines = {
  "made": () => "Creado en este dispositivo",
  "made-by-link": (line) => `Creado en este dispositivo con el enlace de inscripción de ${line.host}`,
  "imported": () => "Tomado de otro emisor",
  "link-used": (line) => `Entregado a ${line.host} con su enlace de inscripción`,
  "sent": (line) => `Enviado a ${line.host}`,
  "not-sent": (line) => `No enviado: ${line.reason}`,
  "refused": (line) => `Rechazado por el servidor: ${line.reason}`,
  "exported": (line) => `Datos de aprovisionamiento sellados para ${line.to}`,
  "exported-under-passphrase": () => "Datos de aprovisionamiento guardados con una frase de contraseña",
  "renamed": () => "Cambiado de nombre",
  "now-in-state": (line) => `Respuesta del servidor: ${states[line.state] ?? line.state}`,
  "reported-lost": (line) => `Con este token se denunció la pérdida de ${line.serial}`,
};

export default {
  problems,

  app: "Countersign",
  back: "Atrás",
  cancel: "Cancelar",
  save: "Guardar",
  done: "Listo",

  loading: "Abriendo su llavero",
  loadingHint:
    "Si el sistema le pide una contraseña, es la del llavero donde se guardan sus tokens.",

  welcome: "Configure su token",
  welcomeText: "Abra en este dispositivo el enlace de inscripción de su correo, o péguelo aquí.",
  addToken: "Añadir un token",
  linkLabel: "Enlace de inscripción",
  linkPlaceholder: "countersign://enrol#…",
  useLink: "Usar este enlace",
  linkEmpty: "Pegue antes aquí su enlace de inscripción.",
  otherWays: "Otras maneras",
  qrCamera: "Fotografiar un código QR",
  qrCameraHint: "Con la cámara de este dispositivo",
  qrFile: "Código QR de una imagen",
  qrFileHint: "Una captura de pantalla o una foto",
  qrClipboard: "Código QR del portapapeles",
  qrClipboardHint: "Copie antes la imagen y vuelva aquí",
  makeFirst: "Crear primero un token",
  makeFirstHint: "Y asociarlo después a su cuenta",
  addOther: "Un token de otro emisor",
  addOtherHint: "Con su enlace de configuración o una clave que usted escribe",
  readingQr: "Leyendo el código QR",

  nameToken: "Dé un nombre a su token",
  nameFirstText:
    "El token se crea en este dispositivo. Después dé su identificador de credencial a su servicio de asistencia, o use un enlace de inscripción.",
  leadsTo: "Este enlace le inscribe en",
  issuer: "Emisor",
  server: "Servidor",
  tokenName: "Nombre del token",
  tokenNameHint: "Para distinguirlo de sus otros tokens.",
  nameSteps: "Tres pasos: este nombre, un PIN y listo.",
  myPhone: "Mi teléfono",
  myComputer: "Mi ordenador",
  linkWhich: "¿Para qué token es este enlace?",
  linkForMade: "Para un token que ya está aquí",
  associateNamed: (name) => `Asociar ${name}`,
  linkForNew: "O para un token nuevo",
  chooseMyPin: "Elegir un PIN",
  makeToken: "Crear el token",
  setAside: "Ahora no",

  other: "Un token de otro emisor",
  otherLink: "Su enlace de configuración",
  otherLinkPlaceholder: "otpauth://totp/…",
  otherLinkEmpty: "Pegue antes aquí su enlace de configuración.",
  useOtherLink: "Usar este enlace",
  otherByHand: "O escríbalo",
  otherIssuer: "Emisor",
  otherAccount: "Cuenta",
  otherAccountHint: "Su nombre allí, por ejemplo su dirección de correo",
  otherKey: "Clave",
  otherKeyHint: "Letras de la A a la Z y cifras del 2 al 7. Los espacios no importan.",
  otherMore: "Algoritmo, cifras, intervalo",
  otherKind: "Los códigos cambian",
  otherTotp: "Con el tiempo",
  otherHotp: "Con un contador",
  otherAlgorithm: "Algoritmo",
  otherDigits: "Cifras",
  otherPeriod: "Intervalo en segundos",
  otherCounter: "Contador siguiente",
  otherAdd: "Añadir este token",
  otherMissing: "Hacen falta una cuenta y una clave.",

  choosePin: "Elija un PIN",
  choosePinText: (length) => `${length} cifras. Lo introducirá cada vez antes de ver un código.`,
  repeatPin: "Introduzca el PIN otra vez",
  repeatPinText: "Para asegurarse de que no hay ningún error.",
  enrolling: "Creando su token",
  enrollingText: "La semilla se crea en este dispositivo y se guarda en su llavero.",

  unlock: "Introduzca su PIN",
  unlockFor: (invitation) =>
    `Desbloquee para añadir su token de ${invitation.issuer} (${invitation.host}).`,
  triesLeft: (count) =>
    count === 1
      ? "Queda 1 intento. Con otro PIN incorrecto se borran sus tokens."
      : `Quedan ${count} intentos${count <= 3 ? "; después se borran sus tokens" : ""}`,
  pinKey: (digit) => `Cifra ${digit}`,
  pinErase: "Borrar la última cifra",
  pinProgress: (entered, length) =>
    `${entered} de ${length} cifras ${plural(entered, "introducida", "introducidas")}`,
  checkingPin: "Comprobando",

  tokens: "Tokens",
  addShort: "Añadir token",
  lockNow: "Bloquear",
  settings: "Ajustes",
  search: "Buscar entre sus tokens",
  found: (count) => `${count} ${plural(count, "token encontrado", "tokens encontrados")}`,
  nothingFound: "Ningún token tiene eso en su nombre, su emisor o su identificador de credencial.",
  reorder: "Cambiar el orden",
  moveUp: (name) => `Subir ${name}`,
  moveDown: (name) => `Bajar ${name}`,
  moved: (name, place, count) => `${name} es ahora el número ${place} de ${count}`,
  credentialId: "Identificador de credencial",
  copied: "Copiado.",
  copiedFor: (seconds) => `Copiado. Se borrará en ${seconds} s.`,
  copyId: "Copiar ID",
  copyIdOf: (name) => `Copiar ID: el identificador de credencial de ${name}`,
  copyCode: "Copiar código",
  copyCodeOf: (name) => `Copiar código de seguridad de ${name}`,
  securityCode: "Código de seguridad",
  nextCode: "Después",
  noCode: "Todavía no hay código de seguridad",
  hiddenCode: "El código de seguridad está oculto",
  reveal: "Mostrar código",
  revealOf: (name) => `Mostrar código de seguridad de ${name}`,
  makeNextCode: "Código siguiente",
  makeNextCodeOf: (name) => `Código siguiente de ${name}`,
  codeNumber: (counter) => `Código número ${counter}`,
  secondsLeft: "segundos restantes",
  digitByDigit: (digits) => [...digits].join(" "),
  sent: (host) => `Enviado a ${host}`,
  sending: (host) => `Enviando a ${host}`,
  pending: (host) => `Todavía no enviado a ${host}`,
  pendingExpired:
    "Su enlace ha caducado: si el envío falla, pida uno nuevo a su servicio de asistencia.",
  pendingRefused: "Su servidor lo rechazó; los detalles dicen por qué. Pregunte a su servicio de asistencia o envíelo de nuevo.",
  notEnrolled: "Todavía no está asociado a una cuenta",
  otherIssuers: "De otro emisor",
  tokenKept: "El token se conserva aquí.",
  retrySending: "Enviar otra vez",
  exportInstead: "Sin red, guarde sus datos de aprovisionamiento y llévelos allí.",
  openExport: "Datos de aprovisionamiento",
  openDetails: "Detalles",
  openDetailsOf: (name) => `Detalles de ${name}`,
  noTokens: "Todavía no hay tokens. Añada uno con el enlace de inscripción que le enviaron.",
  unreadable: (ids) =>
    `Lo que el llavero guarda para ${ids.join(", ")} está dañado, así que ${plural(ids.length, "este token no da", "estos tokens no dan")} códigos. No se ha cambiado nada. Avise a su servicio de asistencia.`,
  noteUnwritten:
    "Countersign no ha podido escribir en su carpeta de datos. Sus tokens están a salvo en el llavero; anote sus identificadores de credencial por si algún día se pierde.",

  clockSlow: (seconds) => `El reloj de este dispositivo va ${seconds} s atrasado.`,
  clockFast: (seconds) => `El reloj de este dispositivo va ${seconds} s adelantado.`,
  clockFix:
    "Sus códigos pueden ser rechazados. Ponga la fecha y la hora en automático en los ajustes del sistema.",

  states,
  syncMinute: (minute) => `Sincronizando con la red, minuto ${minute} de 60`,
  syncOver: "La red de receta electrónica no respondió en una hora. En su panel de prescriptor, elija «Try again» junto a este token, o llame a su servicio de asistencia",
  lockedUntil: (time) => `Bloqueado por demasiados códigos erróneos, hasta ${time}`,

  rename: "Cambiar nombre",
  newName: "Nombre nuevo",
  state: "Estado",
  stateAt: (time) => `A fecha de ${time}`,
  stateUnknown: "Aún no se ha preguntado",
  newPhone: "¿Un teléfono nuevo? En su panel de prescriptor, elija «Move to a new phone» junto a este token.",
  boundCode: "Código para una sola receta",
  challenge: "Número de la página de firma",
  challengeHint: "Solo si esa página muestra uno: 8 cifras.",
  makeBound: "Crear el código",
  boundOver: "Ese código ha caducado. El mismo número da uno nuevo.",
  refreshState: "Preguntar al servidor",
  refreshingState: "Preguntando al servidor",
  howCodes: "Códigos",
  howTotp: (algorithm, digits, period) => `${algorithm}, ${digits} cifras, cada ${period} s`,
  howHotp: (algorithm, digits, counter) => `${algorithm}, ${digits} cifras, por contador, siguiente ${counter}`,
  made: "Creado",
  associate: "Asociar este token",
  associateText:
    "En su panel de prescriptor, añada un token nuevo con este identificador de credencial y un código. O pegue un enlace de inscripción:",
  associateLink: "Asociar con este enlace",
  reportLost: "Denunciar la pérdida de otro token",
  log: "Lo que le ha pasado",
  logEmpty: "Nada todavía.",
  copyLog: "Copiar para el servicio de asistencia",
  logHint: "No contiene ningún secreto.",
  logLine: (line) => {
    const words = logLines[line.what];
    return words ? words(line) : line.what;
  },
  deleteToken: "Eliminar este token",
  deleteLoses: (name, shown) =>
    `La semilla de «${name}»${shown ? ` (${shown})` : ""} se borra de este dispositivo. No se puede recuperar, y no se podrá generar ningún código más con ella.`,
  deleteAssociated: (issuer) =>
    `${issuer} seguirá esperando sus códigos. Desactívelo allí, o tenga otro token activo, antes de eliminarlo: sin ninguno, la comprobación de identidad empieza de nuevo.`,
  deleteOther: "Si sus códigos protegen una cuenta en otro sitio, quítelo antes de esa cuenta.",
  deleteType: (shown) => `Para confirmar, escriba su identificador de credencial: ${shown}`,
  deleteTypeMismatch: (shown) => `No es su identificador de credencial, ${shown}.`,
  deleteForGood: (name) => `Eliminar «${name}» definitivamente`,
  keepToken: "Conservarlo",

  lost: "Denunciar la pérdida de un token",
  lostText: (name) =>
    `«${name}» habla por su cuenta. Elija el token que falta: se suspende al instante, para que nadie pueda firmar con él.`,
  lostWhich: "¿Cuál se ha perdido?",
  lostNone: "Su cuenta no tiene ningún otro token.",
  lostAsking: "Preguntando al servidor por sus otros tokens",
  lostThen:
    "Si aparece, su servicio de asistencia puede levantar la suspensión. Si no, avíseles hoy: una pérdida debe comunicarse en el plazo de un día hábil.",
  lostConfirm: (name) => `Suspender «${name}» ahora`,
  lostChoose: "Elija antes el token perdido",
  lostDone: (name) => `«${name}» está suspendido.`,
  lostNotReached:
    "Si no puede llegar al servidor, llame enseguida a su servicio de asistencia.",
  lostNoSpeaker:
    "Una pérdida la denuncia un token asociado a su cuenta, y aquí no hay ninguno. Llame a su servicio de asistencia.",

  export: "Datos de aprovisionamiento",
  exportText: (name) =>
    `Entrega «${name}» a otro servidor, sin red. Pegue la tarjeta de emisor de ese servidor; solo él puede abrir lo que se genere.`,
  cardLabel: "Tarjeta de emisor",
  cardPlaceholder: "countersign://issuer#…",
  makeExport: "Sellar para este servidor",
  cardEmpty: "Pegue antes aquí la tarjeta de emisor del servidor.",
  exportToOwn: (issuer) => `Sellar para ${issuer}`,
  exportToOwnText: (host) =>
    `Este token aún no se ha podido enviar a ${host}. Llévelo allí como archivo o imagen:`,
  sealedFor: (issuer) => `Sellado para ${issuer}`,
  qrAlt: (issuer) => `Código QR con los datos de aprovisionamiento para ${issuer}`,
  exportNext: (issuer) => `Muestre esto a ${issuer} o envíe el archivo. Nadie más puede abrirlos.`,
  exportNextFile: (issuer) =>
    `Envíe el archivo a ${issuer}: es demasiado largo para un código QR. Nadie más puede abrirlo.`,
  saveExport: "Guardar como archivo",
  savedTo: "Guardado como",
  pskc: "Para un servidor de otro fabricante",
  pskcText:
    "Un archivo PSKC con una frase de contraseña. Quien tenga ambos puede generar los códigos de este token: envíelos por caminos distintos.",
  pskcPassphrase: "Frase de contraseña",
  pskcPassphraseHint: "Anótela. Sin ella nadie puede abrir el archivo.",
  pskcShow: "Mostrar la frase de contraseña",
  pskcMake: "Guardar un archivo PSKC",
  pskcEmpty: "Elija antes una frase de contraseña para el archivo.",

  settingsSecurity: "Seguridad",
  settingsLook: "Apariencia",
  settingsSystem: "Sistema",
  changePin: "Cambiar el PIN",
  autoLock: "Bloquearse solo",
  autoLockBackground: "Al pasar a segundo plano",
  autoLockSeconds: (seconds) => `A los ${seconds} segundos`,
  autoLockMinutes: (minutes) => plural(minutes, "Al minuto", `A los ${minutes} minutos`),
  hideCodes: "Ocultar los códigos hasta tocarlos",
  clearClipboard: "Borrar a los 30 s un código copiado",
  theme: "Tema",
  themeSystem: "Como el sistema",
  themeLight: "Claro",
  themeDark: "Oscuro",
  textSize: "Tamaño del texto",
  percent: (number) => `${number} %`,
  language: "Idioma",
  languageSystem: "Como el sistema",
  languageNames: { en: "English", es: "Español" },
  autostart: "Iniciarse con el sistema",
  lockShortcut: "Ctrl+L bloquea Countersign en cualquier momento.",

  oldPin: "Introduzca su PIN",
  oldPinText: "El que usa ahora.",
  newPin: "Elija un PIN nuevo",
  pinChanged: "Su PIN ha cambiado.",

  about: "Acerca de",
  aboutText: "Un token de software para la receta electrónica de sustancias controladas.",
  version: (number) => `Versión ${number}`,
  licences: "Licencias",
  licencesText: "Countersign está hecho con el trabajo de otros, bajo sus licencias:",

  /** El menú de la bandeja. */
  tray: { show: "Abrir Countersign", copy: "Copiar el código de", lock: "Bloquear", quit: "Salir" },

  whatToQuote: "Indique a su servicio de asistencia",
  setUpNew: "Configurar un token nuevo",
  tryAgain: "Intentar de nuevo",

  erased: "Sus tokens se han borrado",
  erasedText:
    "Tras diez PIN incorrectos seguidos, se ha borrado todo lo que Countersign guardaba aquí. Ya nadie puede generar códigos con ello.",
  erasedSteps: [
    "Llame a su servicio de asistencia, indique los identificadores de credencial y pida que desactiven estos tokens.",
    "Pida un enlace de inscripción nuevo.",
    "Abra el enlace en este dispositivo para configurar un token nuevo.",
  ],

  emptied: "Sus tokens ya no están en el llavero",
  emptiedText:
    "Este dispositivo tenía los tokens de abajo, pero ahora su llavero no guarda nada de Countersign. Puede que se haya restablecido, o que esté abierto otro.",
  emptiedSteps: [
    "Si tiene otro llavero u otra cuenta de usuario, ábralo e inténtelo de nuevo.",
    "Si no, llame a su servicio de asistencia e indique los identificadores de credencial.",
    "Allí desactivarán estos tokens y le enviarán un enlace de inscripción nuevo.",
  ],
  emptiedUnknown: "Ya no se puede leer qué tokens eran.",

  screens: {
    "keyring-locked": {
      title: "Su llavero está bloqueado",
      text: "Sus tokens están a salvo en él, pero Countersign no puede leerlos.",
      steps: [
        "Desbloquee el llavero del sistema (en Linux: «Contraseñas y claves», o vuelva a iniciar sesión).",
        "Después, inténtelo de nuevo.",
      ],
    },
    "keyring-absent": {
      title: "No se ha encontrado ningún llavero",
      text: "Countersign guarda sus tokens solo en el llavero del sistema, y este no responde. No se ha cambiado nada.",
      steps: [
        "En Linux debe estar en marcha un servicio de llavero, como GNOME Keyring o KWallet. Vuelva a iniciar sesión o pregunte a quien se ocupe de este dispositivo.",
        "Después, inténtelo de nuevo.",
      ],
    },
    "keyring-failed": {
      title: "Su llavero ha fallado",
      text: "Está ahí, pero no ha podido hacer lo que Countersign pidió. Sus tokens se guardan en él.",
      steps: [
        "Inténtelo de nuevo dentro de un momento.",
        "Si continúa, cierre la sesión de su sistema y vuelva a entrar, o enseñe lo que pone abajo a quien se ocupe de este dispositivo.",
      ],
    },
    "prompt-dismissed": {
      title: "La pregunta del llavero quedó sin respuesta",
      text: "El sistema preguntó si Countersign puede abrir el llavero, y la pregunta se cerró. No se ha cambiado nada.",
      steps: [
        "Inténtelo de nuevo y responda con la contraseña de su llavero: casi siempre, la de su inicio de sesión.",
      ],
    },
    "entry-damaged": {
      title: "Lo que guarda el llavero está dañado",
      text: "Countersign ha encontrado su entrada, pero no puede leerla. No se ha cambiado nada, ni se escribe otra encima.",
      steps: [
        "Si tiene una copia de seguridad de su llavero, restáurela e inténtelo de nuevo.",
        "Si no, llame a su servicio de asistencia y pida que sustituyan su token.",
      ],
    },
    "entry-newer": {
      title: "Sus tokens necesitan un Countersign más nuevo",
      text: "Una versión más nueva escribió lo que guarda el llavero. No se ha cambiado nada.",
      steps: ["Actualice Countersign.", "Después, inténtelo de nuevo."],
    },
    "entry-ambiguous": {
      title: "El llavero guarda dos entradas donde debería haber una",
      text: "Countersign no puede saber cuál es la buena. No se ha cambiado nada.",
      steps: [
        "Quite la que sobra con el programa de llavero del sistema, o pregunte a su servicio de asistencia.",
        "Después, inténtelo de nuevo.",
      ],
    },
  },
  entryDetail: (entry) => `Para su servicio de asistencia: la entrada «${entry}» del llavero.`,
  reasonDetail: (reason) => `Para su servicio de asistencia: ${reason}.`,
};
