//! The server over PostgreSQL, which is started for it with its own defaults, beside what pgbench gets
//! out of the same PostgreSQL for the same statements, with nothing of ours before them.

use std::{fmt, path::PathBuf, process::Command, sync::Arc, time::Duration};

use registry::{DatabaseUrl, PostgresStore, Store};
use serde_json::{Value, json};
use test_postgres::TestPostgres;

use crate::{
    clinic::{self, Codes},
    clock,
    error::{Error, Result},
    load::{Ask, Load, Measured, Tokens},
    machine::{Machine, flushes, processor_time_of_children},
    report::{Figure, Limit},
    runs::{MANY, make_private, next_codes},
    server::{self, Server},
};

/// How many clients pgbench is.
const CLIENTS: u32 = 8;

/// Tables as ours, with the same indices and the same room in their pages.
const TABLES: &str = "CREATE SCHEMA bench;
    CREATE TABLE bench.tokens (LIKE public.tokens INCLUDING ALL) WITH (fillfactor = 80);
    INSERT INTO bench.tokens SELECT * FROM public.tokens;
    CREATE SEQUENCE bench.event_ids;
    CREATE TABLE bench.events (LIKE public.events INCLUDING ALL);
    ALTER TABLE bench.events ALTER COLUMN id SET DEFAULT nextval('bench.event_ids')";

/// An accepted code, as one statement: what its token becomes, if it is later than the last, and then the
/// event. `TOKENS` stands for the number of the last token.
const ACCEPT: &str = r"\set token random(0, TOKENS)
WITH judged AS (
    UPDATE bench.tokens SET version = version + 1, state = 'active', otp = 'totp', period = 30,
        drift_resync = 0, drift_learnt = 0, failures = 0, near_misses = 0, locked_until = NULL,
        rehearsal_misses = 0, rehearsing_since = NULL,
        last_used = extract(epoch FROM now())::bigint,
        last_accepted = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    WHERE serial = 'BNCH' || lpad((:token)::text, 8, '0')
        AND coalesce(last_accepted, 0) < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    RETURNING serial, owner, last_used
)
INSERT INTO bench.events (at, actor, actor_name, kind, outcome, account, serial, purpose, reference)
SELECT last_used, 'relying-party', 'bench', 'code-judged', 'success', owner, serial, 'signing',
    'rx-' || (:token)::text FROM judged;
";

/// What is measured.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The server that is measured.
    pub(crate) program: PathBuf,
    pub(crate) tokens: u32,
    /// How long each measurement lasts.
    pub(crate) lasts: Duration,
}

/// What it came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    tokens: u32,
    version: String,
    nothing: Measured,
    good: Measured,
    good_alone: Measured,
    wrong: Measured,
    /// Statements a second, before and after the accepted codes.
    pgbench: [f64; 2],
    /// The same with as many clients as there were connections.
    pgbench_many: f64,
    /// Microseconds of processor time for each accepted code, of the server and of PostgreSQL.
    processor: [f64; 2],
    /// Accepted codes for each time that PostgreSQL flushed its log.
    codes_a_flush: f64,
    /// How often a second the disk could flush, on average of before and after the accepted codes.
    flushes: f64,
    /// In MiB.
    memory: f64,
    before: Machine,
    after: Machine,
}

/// Measures all of it; `tell` is told how far it is.
pub(crate) async fn measure(plan: &Plan, tell: impl Fn(&str)) -> Result<Report> {
    let before = Machine::now();
    let folder = tempfile::Builder::new().prefix("countersign-bench-").tempdir()?;
    let data = folder.path().join("data");
    make_private(&data)?;
    let postgres = TestPostgres::start();
    let url = postgres.new_database();
    let database = database(&url)?;
    tell(&format!("Making a PostgreSQL database of {} tokens.", plan.tokens));
    fill(plan, &data, &url).await?;
    postgres.sql(&database, "VACUUM ANALYZE");
    postgres.sql(&database, TABLES);
    postgres.sql(&database, "VACUUM ANALYZE");
    let pgbench = Pgbench::new(&postgres, url.clone(), folder.path().join("accept.sql"), plan)?;

    let key = server::api_key(&plan.program, &data, Some(&url))?;
    let server = Server::start_over(&plan.program, &data, Some(&url))?;
    let all = Arc::new(Tokens::new(plan.tokens, Codes::ByTime));
    let base =
        Load { server: server.address, key, ask: Ask::Good, connections: MANY, lasts: plan.lasts };
    // Until server and PostgreSQL have their statements at hand.
    Load { lasts: plan.lasts / 4, ..base.clone() }.run(&all).await?;
    postgres.sql(&database, "CHECKPOINT");
    let ask = |ask, connections| Load { ask, connections, ..base.clone() };
    let nothing = ask(Ask::Nothing, MANY).run(&all).await?;
    let flushes_before = flushes(folder.path())?;
    let pgbench_before = pgbench.rate(CLIENTS)?;
    next_codes(Codes::ByTime).await;
    tell("Asking for accepted codes.");
    let used = || -> Result<[Duration; 2]> {
        Ok([server.processor_time()?, processor_time_of_children(postgres.process_id())?])
    };
    let (used_before, synced) = (used()?, log_flushes(&postgres)?);
    let good = ask(Ask::Good, MANY).run(&all).await?;
    let (used_after, synced) = (used()?, log_flushes(&postgres)? - synced);
    let pgbench_after = pgbench.rate(CLIENTS)?;
    let pgbench_many = pgbench.rate(MANY)?;
    let flushes = f64::midpoint(flushes_before, flushes(folder.path())?);
    next_codes(Codes::ByTime).await;
    let good_alone = ask(Ask::Good, 1).run(&all).await?;
    let wrong = ask(Ask::Wrong, MANY).run(&all).await?;
    let codes = good.latencies.count() as f64;
    let each = |place: usize| {
        used_after[place].saturating_sub(used_before[place]).as_secs_f64() * 1e6 / codes
    };
    Ok(Report {
        tokens: plan.tokens,
        version: postgres.sql(&database, "SHOW server_version"),
        nothing,
        good_alone,
        wrong,
        pgbench: [pgbench_before, pgbench_after],
        pgbench_many,
        processor: [each(0), each(1)],
        codes_a_flush: codes / synced,
        flushes,
        memory: server.most_memory()?,
        good,
        before,
        after: Machine::now(),
    })
}

async fn fill(plan: &Plan, data: &std::path::Path, url: &str) -> Result<()> {
    let url: DatabaseUrl = url.parse().map_err(Error::failed("the database's address"))?;
    let store = PostgresStore::open(&url).await.map_err(Error::failed("the database"))?;
    let store: Arc<dyn Store> = Arc::new(store);
    let registry = clinic::over(store.clone(), data, clock::now()).await?;
    clinic::fill(&registry, &*store, plan.tokens, Codes::ByTime, clock::now()).await
}

/// The name of the database in an address.
fn database(url: &str) -> Result<String> {
    let name = url.strip_prefix("postgres:///").and_then(|rest| rest.split('?').next());
    name.map(str::to_owned).ok_or_else(|| Error::new("the address names no database"))
}

/// How often the log was flushed since the start.
fn log_flushes(postgres: &TestPostgres) -> Result<f64> {
    // What a process counted is told a second later at most.
    std::thread::sleep(Duration::from_millis(1_100));
    let told = postgres.sql("postgres", "SELECT wal_sync FROM pg_stat_wal");
    told.parse().map_err(Error::failed("what PostgreSQL counts"))
}

/// PostgreSQL's own load generator.
struct Pgbench<'a> {
    postgres: &'a TestPostgres,
    url: String,
    script: PathBuf,
    lasts: Duration,
}

impl<'a> Pgbench<'a> {
    fn new(postgres: &'a TestPostgres, url: String, script: PathBuf, plan: &Plan) -> Result<Self> {
        std::fs::write(&script, ACCEPT.replace("TOKENS", &(plan.tokens - 1).to_string()))?;
        Ok(Self { postgres, url, script, lasts: plan.lasts })
    }

    /// How many statements a second so many clients get done.
    fn rate(&self, clients: u32) -> Result<f64> {
        let mut command: Command = self.postgres.program("pgbench");
        command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2"]);
        command.arg(format!("--client={clients}")).arg(format!("--time={}", self.lasts.as_secs()));
        let output = command.arg("--file").arg(&self.script).arg(&self.url).output();
        let output = output.map_err(Error::failed("pgbench"))?;
        let told = String::from_utf8_lossy(&output.stdout);
        let rate = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
        rate.filter(|_| output.status.success()).and_then(|rate| rate.parse().ok()).ok_or_else(
            || Error::new(format!("pgbench: {told}{}", String::from_utf8_lossy(&output.stderr))),
        )
    }
}

impl Report {
    fn pgbench_rate(&self) -> f64 {
        f64::midpoint(self.pgbench[0], self.pgbench[1])
    }

    fn figures(&self) -> Vec<Figure> {
        let figure = |name, unit, value, limit| Figure { name, unit, value, limit };
        let good = self.good.rate();
        vec![
            figure("accepted codes, PostgreSQL", "/s", good, Limit::AtLeast(6_000.0)),
            figure("of pgbench's rate", "", good / self.pgbench_rate(), Limit::AtLeast(0.5)),
        ]
    }

    pub(crate) fn is_within(&self) -> bool {
        self.figures().iter().all(Figure::is_within)
    }

    pub(crate) fn to_json(&self) -> Value {
        let measured = |of: &Measured| {
            json!({
                "per_second": of.rate(),
                "p50_ms": of.latencies.per_mille(500),
                "p99_ms": of.latencies.per_mille(990),
            })
        };
        json!({
            "postgresql": self.version,
            "tokens": self.tokens,
            "connections": MANY,
            "accepted": measured(&self.good),
            "accepted_1_connection": measured(&self.good_alone),
            "refused": measured(&self.wrong),
            "no_op": measured(&self.nothing),
            "pgbench_per_second": { "clients": CLIENTS, "before": self.pgbench[0], "after": self.pgbench[1] },
            "pgbench_per_second_32_clients": self.pgbench_many,
            "server_microseconds_a_code": self.processor[0],
            "postgresql_microseconds_a_code": self.processor[1],
            "codes_a_flush": self.codes_a_flush,
            "flushes_a_second": self.flushes,
            "memory_mib": self.memory,
            "processor": self.before.processor,
            "cores": self.before.cores,
            "load": [self.before.load, self.after.load],
            "within": self.is_within(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for figure in self.figures() {
            writeln!(f, "{figure}")?;
        }
        let line = |f: &mut fmt::Formatter<'_>, name: &str, of: &Measured| {
            let [half, most] = [500, 990].map(|part| of.latencies.per_mille(part));
            writeln!(f, "{name:<28} {:>8.0}/s {half:>8.2} ms {most:>8.2} ms", of.rate())
        };
        writeln!(f, "\n{:<28} {:>10} {:>11} {:>11}", "", "", "half within", "99 % within")?;
        line(f, "accepted, 32 connections", &self.good)?;
        line(f, "accepted, 1 connection", &self.good_alone)?;
        line(f, "refused, 32 connections", &self.wrong)?;
        line(f, "no-op handler, 32", &self.nothing)?;
        let [before, after] = self.pgbench;
        writeln!(
            f,
            "pgbench, {CLIENTS} clients            {before:>8.0}/s before, {after:.0}/s after"
        )?;
        writeln!(f, "pgbench, {MANY} clients           {:>8.0}/s", self.pgbench_many)?;
        let Machine { processor, cores, load } = &self.before;
        let [server, postgres] = self.processor;
        write!(
            f,
            "\nA code takes {server:.0} us of processor time in the server, {postgres:.0} in PostgreSQL {}; {:.1} \
             codes share one flush, of which the disk does {:.0} a second. The server's memory: {:.1} MiB.\n\
             {} tokens; {processor}, {cores} cores, all on the same. Load {load:.1} before, {:.1} after.",
            self.version,
            self.codes_a_flush,
            self.flushes,
            self.memory,
            self.tokens,
            self.after.load
        )
    }
}
