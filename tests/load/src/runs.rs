//! The measurements: a database of each size, a server over it, and what is asked of that.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use oath::Period;

use crate::{
    clinic::{self, Codes},
    clock,
    error::Result,
    load::{Ask, Load, Tokens},
    machine::{Machine, flushes},
    report::{Report, Run},
    server::{self, Server},
};

/// How many connections ask at once.
pub(crate) const MANY: u32 = 32;
/// The size at which the server is judged.
pub(crate) const USUAL: u32 = 100_000;
/// The sizes beside which it is put.
const SIZES: [u32; 4] = [1_000, 10_000, 100_000, MOST];
/// The largest, of which memory and start are judged.
pub(crate) const MOST: u32 = 1_000_000;

/// What is measured.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The server that is measured.
    pub(crate) program: PathBuf,
    /// The largest table.
    pub(crate) most: u32,
    /// How long each measurement lasts.
    pub(crate) lasts: Duration,
}

/// Measures all of it; `tell` is told how far it is. What stops one size does not stop the others.
pub(crate) async fn measure(plan: &Plan, tell: impl Fn(&str)) -> Result<Report> {
    let before = Machine::now();
    // Fewer tokens would have given their codes of this time step before the end.
    let codes = if plan.most < USUAL { Codes::ByCounter } else { Codes::ByTime };
    let mut runs = vec![run(plan, USUAL.min(plan.most), codes, &tell).await?];
    let mut stopped = Vec::new();
    let by_counter = SIZES.map(|tokens| (tokens, Codes::ByCounter));
    let all = by_counter.into_iter().chain([(MOST, Codes::ByTime)]);
    for (tokens, codes) in all.filter(|(tokens, _)| *tokens <= plan.most) {
        match run(plan, tokens, codes, &tell).await {
            Ok(run) => runs.push(run),
            Err(error) => stopped.push(format!("{tokens} tokens, {}: {error}", codes.words())),
        }
    }
    stopped.extend(runs.iter().filter_map(|run| run.wrong.as_ref()?.as_ref().err().cloned()));
    Ok(Report { runs, stopped, before, after: Machine::now() })
}

async fn run(plan: &Plan, tokens: u32, codes: Codes, tell: &impl Fn(&str)) -> Result<Run> {
    tell(&format!("Making a database of {tokens} tokens, {}.", codes.words()));
    let folder = tempfile::Builder::new().prefix("countersign-bench-").tempdir()?;
    // A folder that others can write to is refused.
    let folder = folder.path();
    let data = folder.join("data");
    make_private(&data)?;
    {
        let (registry, store) = clinic::open(&data, clock::now()).await?;
        clinic::fill(&registry, &*store, tokens, codes, clock::now()).await?;
    }
    let key = server::api_key(&plan.program, &data, None)?;
    let server = Server::start(&plan.program, &data)?;
    tell(&format!("The server listens after {:.0} ms.", server.ready_after.as_secs_f64() * 1e3));
    let all = Arc::new(Tokens::new(tokens, codes));
    let base =
        Load { server: server.address, key, ask: Ask::Good, connections: MANY, lasts: plan.lasts };
    // Until the server has its statements and keys at hand.
    Load { lasts: plan.lasts / 4, ..base.clone() }.run(&all).await?;
    let ask = |ask, connections| Load { ask, connections, ..base.clone() };
    let flushes_before = flushes(folder)?;
    let nothing_before = ask(Ask::Nothing, MANY).run(&all).await?;
    next_codes(codes).await;
    let used = server.processor_time()?;
    let good = ask(Ask::Good, MANY).run(&all).await?;
    let used = server.processor_time()?.saturating_sub(used);
    let flushes = f64::midpoint(flushes_before, flushes(folder)?);
    let nothing_after = ask(Ask::Nothing, MANY).run(&all).await?;
    next_codes(codes).await;
    let good_alone = ask(Ask::Good, 1).run(&all).await?;
    let wrong = match tokens >= USUAL {
        true => Some(ask(Ask::Wrong, MANY).run(&all).await.map_err(|error| {
            format!("{tokens} tokens, {}, refused codes: {error}", codes.words())
        })),
        // So many would lock these tokens.
        false => None,
    };
    // Beside the refused ones, of which more have gone before: a table that has grown is slower.
    let good_after = match wrong {
        Some(Ok(_)) => {
            next_codes(codes).await;
            Some(ask(Ask::Good, MANY).run(&all).await?)
        }
        _ => None,
    };
    let run = Run {
        tokens,
        codes,
        ready_after: server.ready_after,
        nothing: [nothing_before, nothing_after],
        processor: used.as_secs_f64() * 1e6 / good.latencies.count() as f64,
        good,
        good_alone,
        wrong,
        good_after,
        flushes,
        memory: server.most_memory()?,
    };
    tell(&format!(
        "{:.0} accepted a second, {:.0} of nothing.",
        run.good.rate(),
        run.nothing_rate()
    ));
    Ok(run)
}

pub(crate) fn make_private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    Ok(std::fs::DirBuilder::new().mode(0o700).create(folder)?)
}

/// Waits until every token has a code that it did not show before.
pub(crate) async fn next_codes(codes: Codes) {
    if codes == Codes::ByTime {
        let seconds = u64::from(u32::from(Period::SECONDS_30));
        tokio::time::sleep(Duration::from_secs(seconds - clock::now().0 % seconds)).await;
    }
}
