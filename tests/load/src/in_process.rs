//! The registry without a network: what a code costs below HTTP.

use std::{sync::Arc, time::Duration};

use oath::{Period, Totp, UnixTime};
use registry::{Purpose, Registry};

use crate::{
    clinic::{self, Codes},
    clock,
    error::{Error, Result},
    latencies::Latencies,
    load::other_than,
    machine::processor_time,
};

/// What is asked of the registry.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Arguments {
    /// How many tokens there are
    #[arg(long, default_value_t = 100_000)]
    tokens: u32,
    /// How many callers ask at once
    #[arg(long, default_value_t = 32)]
    callers: u32,
    /// Codes that are refused, instead of codes that are accepted
    #[arg(long)]
    wrong: bool,
}

/// Measures it on a database of its own, with as many threads as the machine has cores.
pub(crate) fn run(asked: Arguments, lasts: Duration, json: bool) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // It is not the caller's runtime that is measured.
    let measured = std::thread::spawn(move || runtime.block_on(measure(asked, lasts))).join();
    let (latencies, took, used) = measured.map_err(|_| Error::new("a thread panicked"))??;
    let processor = used.as_secs_f64() * 1e6 / latencies.count() as f64;
    let rate = latencies.count() as f64 / took.as_secs_f64();
    let (p50, p99) = (latencies.per_mille(500), latencies.per_mille(990));
    if json {
        let value = serde_json::json!({
            "per_second": rate,
            "p50_ms": p50,
            "p99_ms": p99,
            "processor_microseconds_a_code": processor,
        });
        println!("{value:#}");
    } else {
        println!(
            "{rate:.0} codes a second, {processor:.1} us of processor time each, \
             half within {p50:.2} ms, 99 % within {p99:.2} ms"
        );
    }
    Ok(())
}

async fn measure(asked: Arguments, lasts: Duration) -> Result<(Latencies, Duration, Duration)> {
    let folder = tempfile::Builder::new().prefix("countersign-bench-").tempdir()?;
    let start = clock::now();
    let (registry, store) = clinic::open(folder.path(), start).await?;
    eprintln!("Making a database of {} tokens.", asked.tokens);
    clinic::fill(&registry, &*store, asked.tokens, Codes::ByTime, start).await?;
    eprintln!("Measuring.");
    let registry = Arc::new(registry);
    let sealing = tokio::spawn(seal_every_second(registry.clone(), start));
    let (began, used) = (clock::instant(), processor_time("self")?);
    let callers: Vec<_> = (0..asked.callers)
        .map(|caller| tokio::spawn(call(registry.clone(), asked, lasts, caller, start)))
        .collect();
    let mut all = Latencies::default();
    for caller in callers {
        all.add(&caller.await.map_err(Error::failed("a caller"))??);
    }
    sealing.abort();
    Ok((all, clock::since(began), processor_time("self")?.saturating_sub(used)))
}

/// As a server does.
async fn seal_every_second(registry: Arc<Registry>, now: UnixTime) -> Result<()> {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        clinic::seal(&registry, now).await?;
    }
}

/// One caller's own tokens, one after another, each at a later time step than before.
async fn call(
    registry: Arc<Registry>,
    asked: Arguments,
    lasts: Duration,
    caller: u32,
    start: UnixTime,
) -> Result<Latencies> {
    let (mut latencies, began) = (Latencies::default(), clock::instant());
    for round in 0.. {
        let now = start.plus(round * 30);
        for place in 0..asked.tokens / asked.callers {
            let token = scattered(place * asked.callers + caller, asked.tokens);
            let seed = clinic::seed(token)?;
            let step = Period::SECONDS_30.step_at(now);
            let code_of = |step| Totp::default().code_of_step(&seed, step);
            let code = match asked.wrong {
                true => other_than(&(step - 3..=step + 3).map(code_of).collect::<Vec<_>>())?,
                false => code_of(step),
            };
            let (npi, serial) = (clinic::owner(token)?, clinic::serial(token)?);
            let asked_at = clock::instant();
            let judged = registry.verify(&npi, &serial, &code, Purpose::Signing, now).await;
            latencies.note(clock::since(asked_at));
            if judged.is_ok() == asked.wrong {
                return Err(Error::new(format!("{serial}: an unexpected verdict, {judged:?}")));
            }
            if clock::since(began) >= lasts {
                return Ok(latencies);
            }
        }
    }
    Ok(latencies)
}

/// The tokens in an order in which none is beside the one before.
fn scattered(place: u32, tokens: u32) -> u32 {
    let far = u64::from(place) * 611_953;
    u32::try_from(far % u64::from(tokens)).unwrap_or(place)
}
