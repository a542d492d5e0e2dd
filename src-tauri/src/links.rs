//! Links that the system hands over: ours, and other issuers' setup links.

/// How the links begin, whatever their kind.
const SCHEMES: [&str; 3] = ["countersign:", "otpauth:", "otpauth-migration:"];

/// The link among a program's arguments, which begin with the program's own name.
pub(crate) fn in_arguments<S: AsRef<str>>(arguments: &[S]) -> Option<&str> {
    arguments.iter().skip(1).map(AsRef::as_ref).find(|argument| is_link(argument))
}

fn is_link(argument: &str) -> bool {
    let begins = |scheme: &str| {
        argument.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    SCHEMES.iter().any(|scheme| begins(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_link() {
        assert_eq!(
            in_arguments(&["countersign", "countersign://enrol#1.x"]),
            Some("countersign://enrol#1.x")
        );
        assert_eq!(
            in_arguments(&["countersign", "--x", "Countersign://enrol"]),
            Some("Countersign://enrol")
        );
        assert_eq!(
            in_arguments(&["countersign", "otpauth://totp/x?secret=GEZDGNBV"]),
            Some("otpauth://totp/x?secret=GEZDGNBV")
        );
        assert_eq!(in_arguments(&["countersign:", "other"]), None);
        assert_eq!(
            in_arguments(&["countersign", "\u{20ac}\u{20ac}\u{20ac}\u{20ac}\u{20ac}"]),
            None
        );
        assert_eq!(in_arguments::<&str>(&[]), None);
    }
}
