//! The same over PostgreSQL, which is killed too, and gone for a while.

use std::{sync::RwLock, thread, time::Duration};

use test_postgres::TestPostgres;

use super::{
    fob::{FIRST_PRESS, Fob, Told},
    going_on_for,
    kills::{kill, survive},
};
use crate::{
    clock,
    process::{Folder, Server, agent, text},
    stand_in_network::until,
};

fn server_over(database: &TestPostgres) -> Server {
    Server::start_in(Folder::over(&database.new_database()), &[])
}

#[test]
fn the_server_is_killed_every_second_over_postgres() {
    let database = TestPostgres::start();
    let most = going_on_for(Duration::from_secs(5));
    let (kills, codes) = survive(server_over(&database), most, kill);
    assert!(codes > kills * 5, "it was under load: {codes} codes");
}

#[test]
fn postgres_is_killed_under_load_and_the_server_goes_on() {
    let mut database = TestPostgres::start();
    let server = server_over(&database);
    let id = server.process_id();
    let most = going_on_for(Duration::from_secs(6));
    let (kills, codes) = survive(server, most, |server: &RwLock<Option<Server>>| {
        database.kill();
        database.start_again();
        assert_eq!(server.read().unwrap().as_ref().unwrap().process_id(), id);
    });
    assert!(codes > kills * 5, "it was under load: {codes} codes");
}

#[test]
fn postgres_is_gone_for_a_while_and_nothing_is_accepted_meanwhile() {
    // Half a minute in the soak.
    let away = going_on_for(Duration::from_secs(3)).min(Duration::from_secs(30));
    let mut database = TestPostgres::start();
    let server = server_over(&database);
    let fob = Fob::new(&server, 1);
    let browser = fob.at(&server);
    // A connection each: one on which the server answers before it has read the form, it may close.
    let test = |press| fob.try_code(&browser, &agent(), &fob.token.press(press)).unwrap();
    let ready = || {
        let answer = agent().get(format!("{}/readyz", server.address)).call().unwrap();
        answer.status().as_u16()
    };
    let mut press = FIRST_PRESS;
    assert_eq!((test(press), ready()), (Told::Accepted, 200));
    for crash in [true, false] {
        press += 1;
        if crash {
            database.kill();
        } else {
            database.stop();
        }
        let gone = clock::instant();
        until("it is not ready", || (ready() == 503).then_some(()));
        while clock::since(gone) < away {
            assert_eq!((test(press), ready()), (Told::Unavailable, 503));
            thread::sleep(Duration::from_millis(20));
        }
        database.start_again();
        until("it is ready again", || Some(()).filter(|()| ready() == 200));
        assert_eq!(test(press), Told::Accepted, "it was not used up by what was refused");
        assert!(test(press).is_spent());
    }
    for press in FIRST_PRESS..=press {
        assert!(test(press).is_spent(), "press {press}");
    }
    let verified = server.folder.run(&["audit", "verify"], "");
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

#[test]
fn postgres_that_only_reads_any_more_accepts_nothing_until_it_writes_again() {
    let database = TestPostgres::start();
    let server = server_over(&database);
    let fob = Fob::new(&server, 1);
    let browser = fob.at(&server);
    // A connection each: one on which the server answers before it has read the form, it may close.
    let test = |press| fob.try_code(&browser, &agent(), &fob.token.press(press)).unwrap();
    // As one that a failover made a standby of, or that was set so because its disk fills.
    let set = |setting: &str| {
        database.sql("postgres", &format!("ALTER SYSTEM {setting}"));
        database.sql("postgres", "SELECT pg_reload_conf()");
    };
    assert_eq!(test(FIRST_PRESS), Told::Accepted);
    set("SET default_transaction_read_only = on");
    let next = FIRST_PRESS + 1;
    let before = (FIRST_PRESS + 1..).find(|press| test(*press) != Told::Accepted).unwrap();
    assert!(before < next + 200, "it is told to each process within a moment");
    for _ in 0..20 {
        assert_eq!(test(before), Told::Unavailable);
    }
    set("RESET default_transaction_read_only");
    let again =
        until("it writes again", || Some(test(before)).filter(|told| *told != Told::Unavailable));
    assert_eq!(again, Told::Accepted, "it was not used up by what was refused");
    for press in FIRST_PRESS..=before {
        assert!(test(press).is_spent(), "press {press}");
    }
}
