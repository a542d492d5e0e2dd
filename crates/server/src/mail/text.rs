//! What an activation mail says: for which kind of token it is, what to do first, and the link.
//! It never holds the confirmation code, which goes another way.

use oath::TokenType;
use registry::ActivationMail;

use crate::time_text;

/// What all mails of a server have in common.
pub(super) struct Sender<'a> {
    /// Who issues the tokens.
    pub(super) issuer: &'a str,
    /// The address of this server, without a slash at its end.
    pub(super) base: &'a str,
    /// How the help desk is reached; may be empty.
    pub(super) help_desk: &'a str,
}

impl Sender<'_> {
    /// The help desk, and how it is reached.
    pub(super) fn reach(&self) -> String {
        match self.help_desk {
            "" => "the help desk".to_owned(),
            help_desk => format!("the help desk ({help_desk})"),
        }
    }
}

/// Subject and body.
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) body: String,
}

impl Letter {
    pub(super) fn of_activation(mail: &ActivationMail, sender: &Sender<'_>) -> Self {
        let link = format!("{}/activate/{}", sender.base, *mail.link.expose_text());
        let (subject, middle) = match mail.request.token_type {
            TokenType::Soft => soft(mail, sender, &link),
            TokenType::Hard => hard(mail, sender, &link),
        };
        let body = format!(
            "Dear {},\n\n{middle}\n{}\nRequest {}\n",
            mail.name,
            not_you(sender),
            mail.request.id
        );
        Self { subject, body }
    }
}

fn soft(mail: &ActivationMail, sender: &Sender<'_>, link: &str) -> (String, String) {
    let subject = format!("Activate your soft token for {}", sender.issuer);
    let until = mail
        .request
        .link_expires
        .map_or_else(String::new, |expires| format!(", by {}", time_text::to_the_minute(expires)));
    let body = format!(
        "your soft token for {issuer} is ready to be activated.

A soft token is the Countersign app on a phone or tablet. This mail is not for
a hard token.

First: have the phone or tablet at hand that the token is for. It must not be
the device on which you prescribe.

Then open this link on any device{until}:

{link}

On a computer the page shows a QR code for the phone; on the phone it opens
the app, or says where to get it. You need not wait for anything else before
you open the app.

At the end you sign in with your NPI and passphrase, and with a code of a
token that you have. If you have none, the help desk gives you a confirmation
code by another way. It is never in a mail.
",
        issuer = sender.issuer,
    );
    (subject, body)
}

fn hard(mail: &ActivationMail, sender: &Sender<'_>, link: &str) -> (String, String) {
    let subject = format!("Your hard token for {} is on its way", sender.issuer);
    let carried = mail.request.shipment.as_ref().map_or_else(String::new, |shipment| {
        format!("Carrier: {}\nTracking number: {}\n", shipment.carrier, shipment.tracking)
    });
    let body = format!(
        "your hard token for {issuer} was given to the carrier.

A hard token is a small device that shows codes. There is nothing to install,
and this mail is not for a soft token.

{carried}
First: keep this mail until the token is in your hand. It usually takes three
to five business days.

Then open this link on any device:

{link}

The page asks for the serial number on the back of the token, and for the code
that it shows when you press its button.

You sign in with your NPI and passphrase, and with a code of a token that you
have. If you have none, call the help desk when the token has arrived: it
gives you a confirmation code. It is never in a mail.
",
        issuer = sender.issuer,
    );
    (subject, body)
}

fn not_you(sender: &Sender<'_>) -> String {
    let reach = sender.reach();
    format!("Did you not request a token? Do not open the link. Today, tell\n{reach}.\n")
}
