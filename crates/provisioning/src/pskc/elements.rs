//! The elements of a PSKC file, one after the other, by the path to each.
//!
//! Prefixes and namespaces are not looked at, nor is the case of a name: drafts have other
//! namespaces, and privacyIDEA writes every name in lower case. Entities beyond XML's own five, and
//! document types, are refused: no file of this kind has them, and they are what XML bombs are of.

use std::io::BufRead;

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_xml_entity,
    events::{BytesStart, Event, attributes::Attributes},
};
use zeroize::Zeroizing;

use super::metered::Metered;
use crate::stock::StockFileError;

/// The most bytes of one tag, one text or one comment.
const MAX_PIECE: usize = 64 * 1024;
/// The most bytes of text within one element that is looked at.
const MAX_TEXT: usize = 16 * 1024;
/// How deep elements stand within each other; PSKC's own are nine deep.
const MAX_DEPTH: usize = 64;

macro_rules! elements {
    ($($name:ident = $lower:literal),* $(,)?) => {
        /// An element that says something of a token; `Other` for all the rest.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Element { $($name,)* Other }

        impl Element {
            fn named(name: &str) -> Self {
                let mut lower = [0; 24];
                let Some(lower) = lower.get_mut(..name.len()) else { return Self::Other };
                lower.copy_from_slice(name.as_bytes());
                lower.make_ascii_lowercase();
                match &*lower {
                    $($lower => Self::$name,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

elements! {
    KeyContainer = b"keycontainer",
    EncryptionKey = b"encryptionkey",
    KeyName = b"keyname",
    X509Data = b"x509data",
    DerivedKey = b"derivedkey",
    KeyDerivationMethod = b"keyderivationmethod",
    Pbkdf2Params = b"pbkdf2-params",
    Salt = b"salt",
    Specified = b"specified",
    IterationCount = b"iterationcount",
    KeyLength = b"keylength",
    Prf = b"prf",
    MacMethod = b"macmethod",
    MacKey = b"mackey",
    MacKeyReference = b"mackeyreference",
    EncryptionMethod = b"encryptionmethod",
    CipherData = b"cipherdata",
    CipherValue = b"ciphervalue",
    KeyPackage = b"keypackage",
    DeviceInfo = b"deviceinfo",
    Manufacturer = b"manufacturer",
    SerialNo = b"serialno",
    Key = b"key",
    Issuer = b"issuer",
    AlgorithmParameters = b"algorithmparameters",
    Suite = b"suite",
    ResponseFormat = b"responseformat",
    Data = b"data",
    Secret = b"secret",
    Counter = b"counter",
    Time = b"time",
    TimeInterval = b"timeinterval",
    TimeDrift = b"timedrift",
    PlainValue = b"plainvalue",
    EncryptedValue = b"encryptedvalue",
    ValueMac = b"valuemac",
}

/// What comes next in a file; the path ends with the element that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// An element begins; its attributes can be asked for.
    Opened,
    /// An element ends; its text can be asked for.
    Closed,
    /// The file ends, and every element with it.
    End,
}

pub(super) struct Elements<R: BufRead> {
    reader: Reader<Metered<R>>,
    // With their whole room from the start, so that no secret is left behind by growing.
    buffer: Zeroizing<Vec<u8>>,
    text: Zeroizing<String>,
    path: Vec<Element>,
    leaving: bool,
    began: bool,
    tag: String,
    name_length: usize,
    line: u64,
}

impl<R: BufRead> Elements<R> {
    pub(super) fn new(input: R) -> Self {
        let mut reader = Reader::from_reader(Metered::new(input));
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Zeroizing::new(Vec::with_capacity(MAX_PIECE + 1)),
            text: Zeroizing::new(String::with_capacity(MAX_TEXT)),
            path: Vec::with_capacity(MAX_DEPTH),
            leaving: false,
            began: false,
            tag: String::new(),
            name_length: 0,
            line: 1,
        }
    }

    /// From the outermost element to the one that the last step is about.
    pub(super) fn path(&self) -> &[Element] {
        &self.path
    }

    /// The text of the element that was closed, white space around it dropped.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The line on which the last step's tag begins.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// An attribute of the element that was opened.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        Attributes::new(&self.tag, self.name_length)
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.local_name().as_ref().eq_ignore_ascii_case(name))
            .and_then(|attribute| {
                attribute.normalized_value(XmlVersion::Implicit1_0).map(Into::into).ok()
            })
    }

    pub(super) fn step(&mut self) -> Result<Step, StockFileError> {
        if self.leaving {
            self.path.pop();
            self.text.clear();
            self.leaving = false;
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().grant(MAX_PIECE);
            self.line = self.reader.get_ref().line();
            let line = self.line;
            match self.reader.read_event_into(&mut self.buffer) {
                Ok(Event::Start(start)) => {
                    open(&start, &mut self.tag, &mut self.name_length);
                    let element = Element::named(start.local_name().as_ref());
                    return self.opened(element);
                }
                Ok(Event::End(_)) => {
                    self.leaving = true;
                    return Ok(Step::Closed);
                }
                Ok(Event::Text(text)) => append(&mut self.text, &text, &self.path, line)?,
                Ok(Event::CData(text)) => append(&mut self.text, &text, &self.path, line)?,
                Ok(Event::GeneralRef(reference)) => {
                    let character = reference.resolve_char_ref().ok().flatten().map(String::from);
                    let known = resolve_xml_entity(&reference).map(str::to_owned);
                    let text = character.or(known).ok_or(StockFileError::Entities { line })?;
                    append(&mut self.text, &text, &self.path, line)?;
                }
                Ok(Event::DocType(_)) => return Err(StockFileError::Entities { line }),
                Ok(Event::Eof) => return self.ended(),
                Ok(_) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    fn opened(&mut self, element: Element) -> Result<Step, StockFileError> {
        let second_root = self.path.is_empty() && self.began;
        if second_root || (self.path.is_empty() && element != Element::KeyContainer) {
            return Err(StockFileError::NotPskc { line: self.line });
        }
        if self.path.len() == MAX_DEPTH {
            return Err(StockFileError::TooLarge { line: self.line });
        }
        self.began = true;
        self.path.push(element);
        self.text.clear();
        Ok(Step::Opened)
    }

    fn ended(&self) -> Result<Step, StockFileError> {
        if !self.began {
            Err(StockFileError::NotPskc { line: self.line })
        } else if self.path.is_empty() {
            Ok(Step::End)
        } else {
            Err(StockFileError::CutShort { line: self.line })
        }
    }

    fn broken(&self, error: &quick_xml::Error) -> StockFileError {
        let line = self.reader.get_ref().line();
        match error {
            _ if self.reader.get_ref().is_overrun() => StockFileError::TooLarge { line },
            quick_xml::Error::Io(error) => StockFileError::Read { reason: error.to_string() },
            quick_xml::Error::Encoding(_) => StockFileError::NotText { line },
            quick_xml::Error::Syntax(_) => StockFileError::CutShort { line },
            _ => StockFileError::Xml { line },
        }
    }
}

fn open(start: &BytesStart<'_>, tag: &mut String, name_length: &mut usize) {
    tag.clear();
    tag.push_str(start);
    *name_length = start.name().as_ref().len();
}

/// Adds to an element's text, where the element is one that is looked at.
fn append(
    text: &mut String,
    more: &str,
    path: &[Element],
    line: u64,
) -> Result<(), StockFileError> {
    if matches!(path.last(), None | Some(Element::Other)) {
        return Ok(());
    }
    if text.len() + more.len() > MAX_TEXT {
        return Err(StockFileError::TooLarge { line });
    }
    text.push_str(more);
    Ok(())
}
