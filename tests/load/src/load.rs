//! Many connections at once, each with one request after another.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use oath::{Code, Hotp, LookAhead, Period, Totp};

use crate::{
    clinic::{self, Codes},
    clock,
    error::{Error, Result},
    http::Connection,
    latencies::Latencies,
};

/// What is asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Nothing: `GET /healthz`, through all that every request goes through.
    Nothing,
    /// A code that is good.
    Good,
    /// A code that is wrong, and charged to its token.
    Wrong,
}

/// The tokens of a server, and which codes of each were used.
#[derive(Debug)]
pub(crate) struct Tokens {
    codes: Codes,
    /// Of each token, the first counter or step whose code was not used.
    next: Mutex<Vec<u64>>,
    /// Of each token, a code that is wrong now; made before the measurement, as it costs many good ones.
    wrong: Mutex<Vec<Code>>,
    asked: Mutex<u32>,
}

impl Tokens {
    pub(crate) fn new(tokens: u32, codes: Codes) -> Self {
        let next = Mutex::new(vec![0; usize::try_from(tokens).unwrap_or_default()]);
        Self { codes, next, wrong: Mutex::default(), asked: Mutex::new(0) }
    }

    /// The next token in an order in which none is beside the one before.
    fn token(&self) -> u32 {
        let tokens = self.next.lock().unwrap_or_else(PoisonError::into_inner).len() as u64;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked = asked.wrapping_add(1);
        u32::try_from(u64::from(*asked) * 611_953 % tokens).unwrap_or_default()
    }

    /// A token and a code of it that was never used; none where each has given its code of this step.
    fn good(&self) -> Result<Option<(u32, Code)>> {
        let token = self.token();
        Ok(self.unused(token)?.map(|code| (token, code)))
    }

    fn unused(&self, token: u32) -> Result<Option<Code>> {
        let seed = clinic::seed(token)?;
        let step = Period::SECONDS_30.step_at(clock::now());
        let mut all = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let next =
            all.get_mut(token as usize).ok_or_else(|| Error::new("there is no such token"))?;
        match self.codes {
            Codes::ByCounter => {
                *next += 1;
                Ok(Some(Hotp::default().code(&seed, *next - 1)))
            }
            Codes::ByTime if *next <= step => {
                *next = step + 1;
                Ok(Some(Totp::default().code_of_step(&seed, step)))
            }
            Codes::ByTime => Ok(None),
        }
    }

    /// A token and a code of it that is wrong, of those made by [`Tokens::make_wrong`].
    fn wrong(&self) -> Result<(u32, Code)> {
        let token = self.token();
        let all = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let code = all.get(token as usize).ok_or_else(|| Error::new("no wrong codes are made"))?;
        Ok((token, code.clone()))
    }

    /// Makes a code of each token that is wrong for the next minute.
    fn make_wrong(&self) -> Result<()> {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let made =
            (0..).zip(next.iter()).map(|(token, next)| other_than(&self.around(token, *next)?));
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = made.collect::<Result<_>>()?;
        Ok(())
    }

    /// The codes that the server can find good for a token, and some on either side of them.
    fn around(&self, token: u32, next: u64) -> Result<Vec<Code>> {
        let seed = clinic::seed(token)?;
        Ok(match self.codes {
            Codes::ByTime => {
                let step = Period::SECONDS_30.step_at(clock::now());
                let keyed = Totp::default().keyed(&seed);
                (step - 3..=step + 3).map(|step| keyed.code(step)).collect()
            }
            Codes::ByCounter => {
                let first = next.saturating_sub(2);
                let last = next + u64::from(LookAhead::default().0) + 2;
                let keyed = Hotp::default().keyed(&seed);
                (first..=last).map(|counter| keyed.code(counter)).collect()
            }
        })
    }
}

/// A code that is none of these, the same each time.
pub(crate) fn other_than(codes: &[Code]) -> Result<Code> {
    let first = codes.first().ok_or_else(|| Error::new("there is no code to differ from"))?;
    let digits: u32 = first.expose_digits().parse().map_err(Error::failed("a code"))?;
    for further in 1.. {
        let text = format!("{:06}", (digits + further) % 1_000_000);
        if codes.iter().all(|code| code.expose_digits() != text) {
            return text.parse().map_err(Error::failed("a code"));
        }
    }
    Err(Error::new("every code is good"))
}

/// One measurement.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) server: SocketAddr,
    pub(crate) key: String,
    pub(crate) ask: Ask,
    pub(crate) connections: u32,
    pub(crate) lasts: Duration,
}

/// What it came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) latencies: Latencies,
    pub(crate) took: Duration,
}

impl Measured {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.count() as f64 / self.took.as_secs_f64()
    }
}

impl Load {
    /// Puts it on the server; every answer must be the expected one.
    pub(crate) async fn run(&self, tokens: &Arc<Tokens>) -> Result<Measured> {
        if self.ask == Ask::Wrong {
            tokens.make_wrong()?;
        }
        let began = clock::instant();
        let asking: Vec<_> = (0..self.connections)
            .map(|_| tokio::spawn(self.clone().ask_on_and_on(tokens.clone(), began)))
            .collect();
        let mut latencies = Latencies::default();
        for one in asking {
            latencies.add(&one.await.map_err(Error::failed("a connection"))??);
        }
        let took = clock::since(began);
        if latencies.count() == 0 {
            return Err(Error::new("no token had a code to give"));
        }
        Ok(Measured { latencies, took })
    }

    async fn ask_on_and_on(self, tokens: Arc<Tokens>, began: Instant) -> Result<Latencies> {
        let mut connection = Connection::open(self.server).await?;
        let mut latencies = Latencies::default();
        while clock::since(began) < self.lasts {
            // Every token has given its code of this step: to wait for the next ones is not judging.
            let Some(request) = self.request(&tokens)? else { break };
            let asked = clock::instant();
            let answer = connection.ask(&request).await?;
            latencies.note(clock::since(asked));
            let body = str::from_utf8(answer.body).unwrap_or_default();
            // A wrong code that a lock answered would not have been judged.
            if answer.status != 200 || !body.contains(self.expected()) || body.contains("locked") {
                return Err(Error::new(format!("answered {}: {body}", answer.status)));
            }
        }
        Ok(latencies)
    }

    const fn expected(&self) -> &'static str {
        match self.ask {
            Ask::Nothing => "ok",
            Ask::Good => "\"accepted\":true",
            Ask::Wrong => "\"accepted\":false",
        }
    }

    fn request(&self, tokens: &Tokens) -> Result<Option<Vec<u8>>> {
        let Self { server, key, .. } = self;
        let (token, code) = match self.ask {
            Ask::Nothing => {
                let request = format!("GET /healthz HTTP/1.1\r\nhost: {server}\r\n\r\n");
                return Ok(Some(request.into_bytes()));
            }
            Ask::Good => match tokens.good()? {
                Some(good) => good,
                None => return Ok(None),
            },
            Ask::Wrong => tokens.wrong()?,
        };
        let body = format!(
            r#"{{"account":"{}","credential_id":"{}","code":"{}","purpose":"signing","reference":"rx-{token}"}}"#,
            clinic::owner(token)?,
            clinic::serial(token)?.as_str(),
            code.expose_digits(),
        );
        let request = format!(
            "POST /v1/verify HTTP/1.1\r\nhost: {server}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Ok(Some(request.into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_code_is_wrong_for_the_whole_window() {
        let codes: Vec<Code> = ["123456", "123457", "999999", "123459"]
            .into_iter()
            .map(|text| text.parse().expect("it is a code"))
            .collect();
        assert_eq!(other_than(&codes).expect("there is one").expose_digits(), "123458");
        assert_eq!(other_than(&codes[2..]).expect("there is one").expose_digits(), "000000");
        for kind in [Codes::ByCounter, Codes::ByTime] {
            let tokens = Tokens::new(100, kind);
            tokens.next.lock().expect("nobody panicked").fill(40);
            tokens.make_wrong().expect("they are made");
            for _ in 0..200 {
                let (token, code) = tokens.wrong().expect("there is one");
                let good = tokens.around(token, 40).expect("they are made");
                assert!(good.iter().all(|good| good.expose_digits() != code.expose_digits()));
            }
        }
        let around = Tokens::new(1, Codes::ByCounter).around(0, 40).expect("they are made");
        let ahead = u64::from(LookAhead::default().0);
        for counter in 40..=40 + ahead {
            let code = Hotp::default().code(&clinic::seed(0).expect("it is made"), counter);
            assert!(around.iter().any(|good| good.expose_digits() == code.expose_digits()));
        }
    }
}
