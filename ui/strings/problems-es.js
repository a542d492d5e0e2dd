// Cómo se explican las negativas, en español. Cada frase dice qué ha pasado y qué hacer ahora.

const textName = {
  "enrolment-link": "un enlace de inscripción",
  "issuer-card": "una tarjeta de emisor",
  "setup-link": "un enlace de configuración",
};

const thisName = {
  "enrolment-link": "Este enlace de inscripción",
  "issuer-card": "Esta tarjeta de emisor",
  "setup-link": "Este enlace de configuración",
};

const aNameOf = (expected) => textName[expected] ?? "un enlace";
const thisNameOf = (expected) => thisName[expected] ?? "Este enlace";

/** Por qué no se pudo preguntar a un servidor. */
export const unreached = {
  "timeout": () => "no ha respondido en 10 segundos",
  "unknown-name": () => "su nombre no se conoce en esta red",
  "nothing-there": () => "nada responde en su dirección",
  "not-secure": ({ what }) => `no se ha podido establecer una conexión segura (${what})`,
  "hung-up": () => "ha cortado la conexión",
  "other": ({ what }) => what,
};

/** Los motivos de un servidor, por su nombre. Los que no están aquí llegan con sus propias palabras. */
const refusals = {
  "damaged": "los datos llegaron dañados; envíelos otra vez.",
  "unknown-version": "el servidor no conoce este formato; pida que lo actualicen.",
  "other-server": "estos datos están sellados para otro servidor.",
  "cannot-open": "el enlace no sirve en este servidor; pida uno nuevo a su servicio de asistencia.",
  "activation-expired": "el enlace de inscripción ha caducado; pida uno nuevo a su servicio de asistencia.",
  "activation-used": "el enlace de inscripción ya se usó; pida uno nuevo a su servicio de asistencia.",
  "credential-id-taken": "este identificador de credencial ya existe allí; cree un token nuevo.",
  "too-large": "los datos son demasiado largos.",
  "unavailable": "ahora no puede; inténtelo de nuevo en un minuto.",
  "redirected": "remite a otra dirección, y un token solo se envía adonde dice su enlace.",
  "server-fault": "tiene un fallo propio; inténtelo de nuevo en unos minutos.",
  "no-reason": "no ha dado ningún motivo; pida un enlace nuevo a su servicio de asistencia.",
};

/** Los de una petición de un token que ya está inscrito. */
const requestRefusals = {
  "cannot-open": "no conoce este token; llame a su servicio de asistencia.",
  "not-in-use": "este token no está en uso, así que no puede denunciar otro.",
  "own-token": "un token no puede denunciarse a sí mismo.",
  "unknown-token": "su cuenta no tiene ese token.",
  "not-possible": "ese token ya no se puede suspender.",
  "report-used": "esta denuncia ya se usó para otro token; empiece de nuevo.",
  "redirected": "remite a otra dirección, y solo se pregunta al servidor del token.",
  "too-old": "no ha dado ningún motivo; quizá es demasiado antiguo para esto.",
};

/** Cada clase de negativa, en palabras. */
export const problems = {
  "locked": () => "Countersign está bloqueado. Introduzca su PIN.",
  "wrong-pin": () => "PIN incorrecto.",
  "pin-digits": () => "Un PIN tiene de 4 a 8 cifras.",
  "pin-length": (p) => `Su PIN tiene ${p.expected} cifras.`,
  "trivial-pin": () => "Ese PIN es de los primeros que probaría cualquiera. Elija otro.",
  "pin-mismatch": () => "Los dos PIN no coinciden. Vuelva a elegir un PIN.",
  "keyring-emptied": () => "El llavero ya no contiene sus tokens.",
  "too-long": (p) =>
    `Tiene más de ${p.limit.toLocaleString("es")} caracteres. Pegue solo el texto que le enviaron.`,
  "not-ours": (p) => `Esto no es ${aNameOf(p.expected)}, que empieza por ${p.prefix}`,
  "unknown-version": (p) =>
    `${thisNameOf(p.expected)} usa un formato más nuevo que esta aplicación. Actualice Countersign e inténtelo de nuevo.`,
  "text-damaged": (p) =>
    `${thisNameOf(p.expected)} está dañado o incompleto. Cópielo otra vez entero o pida uno nuevo.`,
  "text-malformed": (p) =>
    `${thisNameOf(p.expected)} no está bien formado (${p.reason}). Pida uno nuevo a quien se lo envió.`,
  "link-expired": () =>
    "Este enlace de inscripción ha caducado. Pida uno nuevo a su servicio de asistencia.",
  "link-used": (p) =>
    `Este enlace de inscripción ya se usó aquí: con él se creó el token ${p.credential_id}.`,
  "name": () => "Un nombre tiene de 1 a 64 caracteres, en una sola línea.",
  "several-accounts": () =>
    "Este código exporta varias cuentas a la vez. Expórtelas una a una, cada una con su código.",
  "secret-key": () => "Una clave solo tiene letras de la A a la Z y cifras del 2 al 7. Revísela.",
  "form": (p) => `Esto no puede ser: ${p.reason}.`,
  "no-picture": () => "No es una imagen que se pueda leer. Use un archivo PNG o JPEG.",
  "no-picture-in-clipboard": () => "No hay ninguna imagen en el portapapeles. Copie una y vuelva aquí.",
  "picture-too-large": () => "La imagen es demasiado grande. Recorte el código QR e inténtelo de nuevo.",
  "no-qr-code": () =>
    "No se ha encontrado ningún código QR. Use una imagen más nítida que muestre el código entero.",
  "other-qr-code": () => "Este código QR es para otra cosa. Use el que le dio su emisor.",
  "already-enrolled": () =>
    "Este token ya pertenece a un servidor. Para otro enlace de inscripción, cree un token nuevo.",
  "typed-differs": () => "No es el identificador de credencial del token. Escríbalo tal como aparece.",
  "only-own": () => "El token de otro emisor no puede hacer esto.",
  "no-challenge": () => "El número tiene 8 cifras. Escríbalo como lo muestra la página de firma.",
  "no-counter": () => "Este token no tiene contador: sus códigos cambian solos.",
  "no-counter-code": () => "Todavía no hay ningún código. Elija antes «Código siguiente».",
  "order": () => "Entretanto los tokens han cambiado. Vuelva a mirar la lista.",
  "counter-used-up": () => "Este token ya ha dado su último código. Pida uno nuevo a su emisor.",
  "passphrase": (p) =>
    `La frase de contraseña de un archivo tiene de ${p.minimum} a ${p.maximum} caracteres, no todos iguales. Cuatro palabras van bien.`,
  "request-refused": (p) => `${p.host} no lo ha hecho: ${requestRefusals[p.slug] ?? refusals[p.slug] ?? p.detail}`,
  "answer-unreadable": (p) =>
    `No se puede leer lo que ha respondido ${p.host}. Actualice Countersign e inténtelo de nuevo.`,
  "too-long-for-qr": () => "Es demasiado largo para un código QR. Use el archivo.",
  "not-enrolled": () => "Ningún servidor conoce aún este token, así que no hay a quién preguntar.",
  "settings-not-saved": (p) => `No se ha podido guardar su elección: ${p.reason}.`,
  "autostart": (p) => `No se ha podido cambiar el inicio con el sistema: ${p.reason}.`,
  "no-link": () => "No hay ningún enlace de inscripción en espera. Abra o pegue uno antes.",
  "nothing-to-send": () => "El servidor ya tiene este token.",
  "vault-full": () =>
    "El llavero no puede guardar este token: sus nombres son demasiado largos o hay demasiados tokens.",
  "server-unreachable": (p) => `No se ha podido llegar a ${p.host}: ${unreached[p.reason.why](p.reason)}.`,
  "server-refused": (p) => `${p.host} no ha aceptado el token: ${refusals[p.slug] ?? p.detail}`,
  "unknown-token": () => "Este token ya no está aquí.",
  "no-export": () => "Genere antes los datos de aprovisionamiento.",
  "cannot-save": (p) => `No se ha podido guardar el archivo en ${p.folder}: ${p.reason}.`,
  "clipboard": (p) => `No se ha podido usar el portapapeles: ${p.reason}. Léalo de la pantalla.`,
  "internal": (p) => `Algo ha fallado en Countersign: ${p.reason}.`,
};
