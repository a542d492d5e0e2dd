//! Reading a PSKC file, key package by key package.

use std::io::BufRead;

use super::{
    elements::{Element, Elements, Step},
    head::Head,
    keys::PskcKey,
    opening::Opener,
    package::Package,
};
use crate::stock::{RowProblem, StockFileError, StockRow};

/// A PSKC file that is being read. One key package at a time is in memory, however long the file.
///
/// It gives a row for each key package, in their order, a damaged one too, and ends after the first
/// [`StockFileError`]. Until the last row was read, nothing is known of the file as a whole: it can
/// still be cut short.
pub struct PskcReader<R: BufRead> {
    elements: Elements<R>,
    opener: Opener,
    package: Option<Package>,
    ended: bool,
}

impl<R: BufRead> PskcReader<R> {
    /// Reads a file up to its first key package. Where it is under a passphrase, this takes as long
    /// as its maker wanted.
    ///
    /// # Errors
    /// [`StockFileError`] where it is none, or cannot be opened so.
    pub fn open(input: R, key: Option<&PskcKey>) -> Result<Self, StockFileError> {
        let mut elements = Elements::new(input);
        let mut head = Head::default();
        let package = loop {
            match elements.step()? {
                Step::End => break None,
                Step::Opened => match elements.path() {
                    [Element::KeyContainer] => check_version(&elements)?,
                    [_, Element::KeyPackage] => break Some(Package::at(elements.line())),
                    _ => head.opened(&elements)?,
                },
                Step::Closed => head.closed(&elements),
            }
        };
        let opener = Opener::new(&head, key, elements.line())?;
        Ok(Self { elements, opener, ended: package.is_none(), package })
    }

    fn row(&mut self) -> Result<Option<StockRow>, StockFileError> {
        loop {
            let step = self.elements.step()?;
            let path = self.elements.path();
            match (step, path) {
                (Step::End, _) => return Ok(None),
                (Step::Opened, [_, Element::EncryptionKey | Element::MacMethod]) => {
                    return Err(StockFileError::Malformed {
                        line: self.elements.line(),
                        reason: "it says how it is encrypted only after a key package",
                    });
                }
                (Step::Opened, [_, Element::KeyPackage]) => {
                    self.package = Some(Package::at(self.elements.line()));
                }
                (_, [_, Element::KeyPackage, rest @ ..]) => {
                    let Some(package) = &mut self.package else { continue };
                    match (step, rest) {
                        (Step::Closed, [Element::Key]) => {
                            return Ok(Some(row_of(package, &self.opener)));
                        }
                        (Step::Closed, []) if !package.has_key => {
                            let found = Err(RowProblem::NoSeed);
                            let (line, serial) = (package.line, package.name());
                            return Ok(Some(StockRow { line, serial, found }));
                        }
                        (Step::Closed, _) => package.closed(&self.elements),
                        _ => package.opened(&self.elements),
                    }
                }
                _ => {}
            }
        }
    }
}

impl<R: BufRead> Iterator for PskcReader<R> {
    type Item = Result<StockRow, StockFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.row();
        self.ended = !matches!(row, Ok(Some(_)));
        row.transpose()
    }
}

fn row_of(package: &mut Package, opener: &Opener) -> StockRow {
    let found = package.found(opener);
    StockRow { line: package.line, serial: package.name(), found }
}

fn check_version<R: BufRead>(elements: &Elements<R>) -> Result<(), StockFileError> {
    match elements.attribute("Version").as_deref().map(str::trim) {
        None | Some("1" | "1.0") => Ok(()),
        Some(other) => Err(StockFileError::Unsupported {
            line: elements.line(),
            what: format!("version {} of PSKC", crate::stock::shown(other)),
        }),
    }
}
