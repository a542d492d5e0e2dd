//! What is refused: a row of a file, and a file.

use oath::Digits;
use provisioning::stock::{RowProblem, StockFileError};

use crate::reading::{
    SEED_BASE64, any, container, counted, package, passphrase, pre_shared, pskc, tokens,
};

/// Three packages, the one in the middle damaged: it is named, and the others are read.
#[test]
fn a_damaged_package_is_named_and_the_others_are_read() {
    let good = |serial| package(serial, "hotp", SEED_BASE64, "");
    let counter = |value| format!("<Counter><PlainValue>{value}</PlainValue></Counter>");
    let value =
        |name: &str, value: &str| format!("<{name}><PlainValue>{value}</PlainValue></{name}>");
    let with = |inner: &str| {
        let parameters = format!("<AlgorithmParameters>{inner}</AlgorithmParameters><Data>");
        good("777777").replace("<Data>", &parameters)
    };
    let totp = |data: &str| package("777777", "totp", SEED_BASE64, data);
    let cases = [
        (good("7?7"), RowProblem::Serial),
        (good("777"), RowProblem::Serial),
        (good("").replace("Id=\"1\"", ""), RowProblem::NoSerial),
        (package("777777", "hotp", "MTIzNA==", ""), RowProblem::Seed),
        (package("777777", "hotp", "not base 64", ""), RowProblem::Base64),
        (good("777777").replace("Secret", "Public"), RowProblem::NoSeed),
        ("<KeyPackage><DeviceInfo/></KeyPackage>".to_owned(), RowProblem::NoSeed),
        (
            package("777777", "ocra", SEED_BASE64, ""),
            RowProblem::Profile { name: "urn:ietf:params:xml:ns:keyprov:pskc:ocra".to_owned() },
        ),
        (package("777777", "hotp", SEED_BASE64, &counter("-1")), RowProblem::Counter),
        (package("777777", "hotp", SEED_BASE64, &counter("1O")), RowProblem::Counter),
        (
            package("777777", "hotp", SEED_BASE64, &counter("18446744073709551615")),
            RowProblem::Counter,
        ),
        (
            package("777777", "hotp", SEED_BASE64, &(counter("1") + &counter("2"))),
            RowProblem::Twice,
        ),
        (totp(&value("TimeInterval", "0")), RowProblem::Step),
        (totp(&value("TimeInterval", "86401")), RowProblem::Step),
        (totp(&value("TimeDrift", "121")), RowProblem::Drift),
        (totp(&value("TimeDrift", "1.5")), RowProblem::Drift),
        (totp(&value("Time", "1")), RowProblem::Epoch),
        (with("<Suite>MD5</Suite>"), RowProblem::Algorithm),
        (with("<ResponseFormat Length=\"9\" Encoding=\"DECIMAL\"/>"), RowProblem::Digits),
        (with("<ResponseFormat Length=\"6\" Encoding=\"HEXADECIMAL\"/>"), RowProblem::Encoding),
        (with("<ResponseFormat Length=\"6\" CheckDigits=\"true\"/>"), RowProblem::CheckDigit),
    ];
    for (package, problem) in cases {
        let file = container(&format!("{}\n{package}\n{}", good("111111"), good("222222")));
        let (rows, error) = pskc(&file, None);
        assert_eq!(error, None, "{package}");
        assert_eq!(rows.len(), 3, "{package}");
        assert_eq!((rows[1].line, &rows[1].found), (3, &Err(problem)), "{package}");
        for (row, serial) in [(&rows[0], "111111"), (&rows[2], "222222")] {
            let token = row.found.as_ref().unwrap().as_ref().unwrap();
            assert_eq!((token.serial.as_str(), token.otp), (serial, counted(Digits::Six, 0)));
        }
    }
}

/// As made by the writer that `generous` reads back, with one thing changed after another.
#[test]
fn nothing_that_is_encrypted_can_be_changed() {
    let file =
        crate::peers::encrypted_by_python("aes256-cbc", "hmac-sha256", &["secret", "counter"]);
    let key = pre_shared(crate::peers::KEY_256);
    assert_eq!(tokens(&file, Some(&key)).len(), 2);
    let row = |file: &str| {
        let (rows, error) = pskc(file, Some(&key));
        assert_eq!(error, None, "{file}");
        assert!(rows[1].found.is_ok(), "only the first is changed");
        rows[0].found.clone()
    };
    // The first value after a mark, its first character changed.
    let changed = |after: &str, element: &str| {
        let at = file.find(after).unwrap();
        let at = at + file[at..].find(element).unwrap() + element.len();
        let other = if file[at..].starts_with('A') { "B" } else { "A" };
        format!("{}{other}{}", &file[..at], &file[at + 1..])
    };
    for (after, element) in [
        (":Secret>", "CipherValue>"),
        (":Secret>", "ValueMAC>"),
        (":Counter>", "CipherValue>"),
        (":Counter>", "ValueMAC>"),
    ] {
        assert_eq!(row(&changed(after, element)), Err(RowProblem::BadMac), "{after} {element}");
    }
    let without = |name: &str| {
        let begin = file.find(&format!("<pskc:{name}>")).unwrap();
        let end_tag = format!("</pskc:{name}>");
        let end = file.find(&end_tag).unwrap() + end_tag.len();
        (file[..begin].to_owned(), file[end..].to_owned())
    };
    let (before, after) = without("ValueMAC");
    assert_eq!(row(&format!("{before}{after}")), Err(RowProblem::NoMac));
    let (before, after) = without("Secret");
    let plain = format!("{before}<Secret><PlainValue>{SEED_BASE64}</PlainValue></Secret>{after}");
    assert_eq!(row(&plain), Err(RowProblem::PlainSeed));
    let other =
        file.replacen("aes256-cbc", "tripledes-cbc", 2).replacen("tripledes-cbc", "aes256-cbc", 1);
    let name = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc".to_owned();
    assert_eq!(row(&other), Err(RowProblem::Cipher { name }));
    let other =
        file.replacen("aes256-cbc", "aes128-cbc", 2).replacen("aes128-cbc", "aes256-cbc", 1);
    assert_eq!(row(&other), Err(RowProblem::KeyLength));
}

#[test]
fn xml_that_is_no_pskc_or_worse() {
    let good = container(&package("123456", "hotp", SEED_BASE64, ""));
    let line = 1;
    let bomb = format!(
        "<!DOCTYPE KeyContainer [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>{good}"
    );
    let entity = good.replace("123456", "&serial;");
    let cases = [
        (bomb, StockFileError::Entities { line }),
        (entity, StockFileError::Entities { line: 2 }),
        ("<html></html>".to_owned(), StockFileError::NotPskc { line }),
        (format!("{}<KeyContainer/>", good.trim_end()), StockFileError::NotPskc { line: 3 }),
        (String::new(), StockFileError::NotPskc { line }),
        (good.replace("</KeyContainer>\n", ""), StockFileError::CutShort { line: 3 }),
        (good[..good.len() - 40].to_owned(), StockFileError::CutShort { line: 2 }),
        (good.replace("</Key>", "</Kex>"), StockFileError::Xml { line: 2 }),
        (good.replace("123456", &"1".repeat(70_000)), StockFileError::TooLarge { line: 2 }),
        (good.replace("123456", &"1".repeat(20_000)), StockFileError::TooLarge { line: 2 }),
        (good.replace("<Data>", &"<a>".repeat(100)), StockFileError::TooLarge { line: 2 }),
        (
            good.replace("Version=\"1.0\"", "Version=\"2.0\""),
            StockFileError::Unsupported { line, what: "version 2.0 of PSKC".to_owned() },
        ),
        (
            good.replace("</KeyContainer>", "<EncryptionKey/></KeyContainer>"),
            StockFileError::Malformed {
                line: 3,
                reason: "it says how it is encrypted only after a key package",
            },
        ),
    ];
    for (file, expected) in cases {
        assert_eq!(pskc(&file, None).1, Some(expected), "{file:.200}");
    }
    let not_utf8 = good.replace("123456", "1234é6").replace('é', "\u{1}");
    let bytes: Vec<u8> = not_utf8.bytes().map(|byte| if byte == 1 { 0xe9 } else { byte }).collect();
    assert_eq!(any(&bytes, None, None).1, Some(StockFileError::NotText { line: 2 }));
}

/// A file that never ends, of which no piece is larger than allowed, is read row by row.
#[test]
fn rows_come_before_the_end_is_read() {
    let package = package("123456", "hotp", SEED_BASE64, "");
    let mut endless = std::iter::repeat_with(|| package.clone());
    let head = "<KeyContainer>".to_owned();
    let file: String = std::iter::once(head).chain(endless.by_ref().take(5_000)).collect();
    let mut reader = provisioning::PskcReader::open(file.as_bytes(), None).unwrap();
    assert_eq!(reader.by_ref().take(5_000).filter(|row| row.is_ok()).count(), 5_000);
    assert_eq!(reader.next().unwrap().unwrap_err(), StockFileError::CutShort { line: 1 });
    assert!(reader.next().is_none());
}

#[test]
fn a_derivation_that_is_none_or_too_dear() {
    let file = |params: &str, method: &str| {
        container(&format!(
            "<EncryptionKey><DerivedKey><KeyDerivationMethod Algorithm=\"{method}\"><PBKDF2-params>\
             {params}</PBKDF2-params></KeyDerivationMethod></DerivedKey></EncryptionKey><KeyPackage/>"
        ))
    };
    let params = |salt: &str, iterations: &str, length: &str| {
        format!(
            "<Salt><Specified>{salt}</Specified></Salt><IterationCount>{iterations}</IterationCount>\
             <KeyLength>{length}</KeyLength>"
        )
    };
    let phrase = passphrase("qwerty");
    let error = |file: &str| pskc(file, Some(&phrase)).1;
    let pbkdf2 = "http://www.w3.org/2009/xmlenc11#pbkdf2";
    let good = params("Ej7/PEpyEpw=", "1000", "16");
    assert_eq!(error(&file(&good, pbkdf2)), None);
    for (params, reason) in [
        (params("", "1000", "16"), "its salt is missing, too long, or no base 64"),
        (params("Ej7/PEpyEpw=", "0", "16"), "its number of iterations is not 1 to 10,000,000"),
        (
            params("Ej7/PEpyEpw=", "10000001", "16"),
            "its number of iterations is not 1 to 10,000,000",
        ),
        (
            params("Ej7/PEpyEpw=", "4294967297", "16"),
            "its number of iterations is not 1 to 10,000,000",
        ),
        (params("Ej7/PEpyEpw=", "1000", "17"), "its key's length is not 16, 24 or 32"),
    ] {
        let expected = StockFileError::Malformed { line: 2, reason };
        assert_eq!(error(&file(&params, pbkdf2)), Some(expected));
    }
    let scrypt = StockFileError::Unsupported { line: 2, what: "urn:scrypt".to_owned() };
    assert_eq!(error(&file(&good, "urn:scrypt")), Some(scrypt));
    let prf = format!("{good}<PRF Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#hmac-md5\"/>");
    assert!(matches!(error(&file(&prf, pbkdf2)), Some(StockFileError::Unsupported { .. })));
}
