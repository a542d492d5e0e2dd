//! Records as rows, and rows as records.

mod access;
mod administrators;
mod api_keys;
mod audit;
mod code_misses;
mod drifts;
mod events;
mod kept_answers;
mod losses;
mod notices;
mod passphrase_resets;
mod people;
mod requests;
mod sealed;
mod step_ups;
mod stock;
mod tokens;
mod webhooks;

pub(super) use access::{
    access, changes as access_changes, executed as executed_access, pending as pending_access,
    to_tidy as access_to_tidy, waiting as waiting_access,
};
pub(super) use administrators::{administrator, administrators, session as administrator_session};
pub(super) use api_keys::{api_key, api_keys};
pub(super) use audit::{
    audit_links_after, audit_out_of_place, audit_rows_after, checkpoints_after, last_checkpoint,
};
pub(super) use code_misses::code_misses;
pub(super) use drifts::drift_samples;
pub(super) use events::{events, events_between, events_but_codes, events_with, losing_events};
pub(super) use kept_answers::kept_answer;
pub(super) use losses::loss;
pub(super) use notices::{cursor, notice, notices_due, notices_failing};
pub(super) use passphrase_resets::{passphrase_reset, passphrase_resets_of};
pub(super) use people::{
    account, account_by_id, accounts_with, activation, association, open_activation, secret,
    session,
};
pub(super) use requests::{
    request, request_shipping, requests_after, requests_by_key, requests_in, requests_of,
    requests_to_mail,
};
pub(super) use sealed::sealed_after;
pub(super) use step_ups::{step_up, step_up_sends};
pub(super) use stock::{staged_serials, stock_findings, stock_import, stock_imports, stock_known};
pub(super) use tokens::{
    other_tokens_of, report, sealed_seed, token, tokens_after, tokens_given_up, tokens_of,
    tokens_to_sync, tokens_with,
};
pub(super) use webhooks::{webhook, webhooks};

use super::{
    Row, Statements,
    row::{
        count, damaged, instant, lock, lock_to_sql, mail, maybe_count, maybe_instant, maybe_parsed,
        parsed, to_sql, word,
    },
    statements::{Query, query},
    values::{Named, ToValue, Values, named, named_params, params},
};
use crate::store::{Changes, Write};

/// What must be run for changes, all or none of it.
pub(in crate::store) fn statements_of(changes: &Changes) -> Statements {
    let mut statements = Statements::default();
    for write in &changes.writes {
        add(&mut statements, write);
    }
    for event in &changes.events {
        events::insert(&mut statements, event);
    }
    statements
}

fn add(statements: &mut Statements, write: &Write) {
    match write {
        Write::InsertSecret { name, sealed, made } => {
            people::insert_secret(statements, name, sealed, *made)
        }
        Write::Reseal { place, former, sealed } => {
            sealed::reseal(statements, *place, former, sealed)
        }
        Write::InsertAccount(record) => people::insert_account(statements, record),
        Write::UpdateAccount(record) => people::update_account(statements, record),
        Write::InsertActivation(record) => people::insert_activation(statements, record),
        Write::UpdateActivation(record) => people::update_activation(statements, record),
        Write::InsertToken(record) => tokens::insert(statements, record),
        Write::UpdateToken(record) => tokens::update(statements, record),
        Write::UpdateJudged { token, version } => {
            tokens::update_judged(statements, token, *version)
        }
        Write::ExpectToken { serial, version } => tokens::expect(statements, serial, *version),
        Write::ExpectTokensOf { npi, number } => tokens::expect_number(statements, *npi, *number),
        Write::ExpectSession { id, version } => people::expect_session(statements, *id, *version),
        Write::Nothing => people::write_nothing(statements),
        Write::InsertSession(record) => people::insert_session(statements, record),
        Write::UpdateSession(record) => people::update_session(statements, record),
        Write::TouchSession { id, seen } => people::touch_session(statements, *id, *seen),
        Write::DeleteSession(id) => people::delete_session(statements, *id),
        Write::ForgetSessions { npi, before } => people::forget_sessions(statements, *npi, *before),
        Write::ForgetSessionsBy { npi, serial, except } => {
            people::forget_sessions_by(statements, *npi, serial, *except)
        }
        Write::InsertAssociation { npi, key, serial, at } => {
            people::insert_association(statements, *npi, key, serial, *at)
        }
        Write::InsertReport { reporter, id, lost, at } => {
            tokens::insert_report(statements, reporter, *id, lost, *at)
        }
        Write::InsertRequest(record) => requests::insert(statements, record),
        Write::UpdateRequest(record) => requests::update(statements, record),
        Write::InsertStockImport(record) => stock::insert_import(statements, record),
        Write::UpdateStockImport(record) => stock::update_import(statements, record),
        Write::StageTokens { import, tokens } => stock::stage(statements, *import, tokens),
        Write::NoteFindings { import, findings } => stock::note(statements, *import, findings),
        Write::TakeStock { import, actor, at } => stock::take(statements, *import, actor, *at),
        Write::ForgetStaged { import, until } => stock::forget_staged(statements, *import, until),
        Write::InsertLinks(links) => audit::insert_links(statements, links),
        Write::InsertCheckpoint(checkpoint) => audit::insert_checkpoint(statements, checkpoint),
        Write::ExpectAccessBelow { party, since, limit } => {
            access::expect_below(statements, party, *since, *limit)
        }
        Write::InsertAccess(record) => access::insert(statements, record),
        Write::UpdateAccess(record) => access::update(statements, record),
        Write::NoteDrift(sample) => drifts::note(statements, sample),
        Write::InsertLoss(record) => losses::insert(statements, record),
        Write::UpdateLoss(record) => losses::update(statements, record),
        Write::InsertStepUp(record) => step_ups::insert(statements, record),
        Write::UpdateStepUp(record) => step_ups::update(statements, record),
        Write::ForgetStepUps { npi, before } => step_ups::forget(statements, *npi, *before),
        Write::InsertStepUpSends(record) => step_ups::insert_sends(statements, record),
        Write::UpdateStepUpSends(record) => step_ups::update_sends(statements, record),
        Write::InsertPassphraseReset(record) => passphrase_resets::insert(statements, record),
        Write::UpdatePassphraseReset(record) => passphrase_resets::update(statements, record),
        Write::InsertApiKey(record) => api_keys::insert(statements, record),
        Write::EndApiKey { id, version, ends } => api_keys::end(statements, id, *version, *ends),
        Write::TouchApiKey { id, used } => api_keys::touch(statements, id, *used),
        Write::KeepAnswer { answer, before } => kept_answers::keep(statements, answer, *before),
        Write::AnswerBegun(answer) => kept_answers::answer(statements, answer),
        Write::ForgetBegun { party, key, tag } => {
            kept_answers::forget_begun(statements, party, key, *tag);
        }
        Write::ForgetAnswers { before } => kept_answers::forget(statements, *before),
        Write::InsertCodeMisses(record) => code_misses::insert(statements, record),
        Write::UpdateCodeMisses(record) => code_misses::update(statements, record),
        Write::ExpectCodeMisses { npi, version } => code_misses::expect(statements, *npi, *version),
        Write::InsertWebhook(record) => webhooks::insert(statements, record),
        Write::UpdateWebhook(record) => webhooks::update(statements, record),
        Write::DeleteWebhook { id, version } => webhooks::delete(statements, id, *version),
        Write::InsertCursor { name, event } => notices::insert_cursor(statements, name, *event),
        Write::MoveCursor { name, version, event } => {
            notices::move_cursor(statements, name, *version, *event);
        }
        Write::InsertNotice { event, due } => notices::insert(statements, *event, *due),
        Write::UpdateNotice(record) => notices::update(statements, record),
        Write::DeleteNotice { event, version } => notices::delete(statements, *event, *version),
        Write::ForgetNotices { before } => notices::forget(statements, *before),
        Write::InsertAdministrator(record) => administrators::insert(statements, record),
        Write::UpdateAdministrator(record) => administrators::update(statements, record),
        Write::InsertAdministratorSession(record) => {
            administrators::insert_session(statements, record)
        }
        Write::TouchAdministratorSession { id, seen } => {
            administrators::touch_session(statements, *id, *seen)
        }
        Write::ExpectAdministratorSession(id) => administrators::expect_session(statements, *id),
        Write::DeleteAdministratorSession { id, version } => {
            administrators::delete_session(statements, *id, *version)
        }
        Write::ForgetAdministratorSessions { key, before } => {
            administrators::forget_sessions(statements, key, *before)
        }
    }
}

/// A pattern of `LIKE ... ESCAPE '\\'`, in small letters, for what has this text in it.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.to_ascii_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern + "%"
}
