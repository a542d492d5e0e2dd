//! The main job, as the demo walks it; and the code on the screen, second by second.

use std::time::Duration;

use e2e::clock::Stopwatch;
use e2e::error::ensure;
use e2e::own_card::OwnCard;
use e2e::{Result, Scene, clock, outside, test, wait, walk};
use oath::Period;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_from_the_enrolment_link_to_a_second_server() -> Result<()> {
    test(async {
        let folder = tempfile::tempdir()?;
        walk::walk(folder.path()).await
    })
    .await
}

/// Counts how often the ring moves: each time is a painting of the window, which is what an idle app costs.
const COUNT_MOVES: &str = "
    window.moves = 0;
    new MutationObserver(() => { window.moves += 1; })
        .observe(document.querySelector('.ring-arc'), { attributes: true });";

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_oathtools_on_both_sides_of_a_time_step() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        let card = OwnCard::generate("The test's own card")?;
        app.export(&card.text()).await?;
        let seed = card.open(&app.save_export().await?)?.seed;
        app.leave_export().await?;

        let period = Period::SECONDS_30;
        wait::early_in_time_step().await;
        app.script(COUNT_MOVES, vec![]).await?;
        let counted = Stopwatch::start();
        let first = period.step_at(clock::now());
        let (mut before, mut after) = (0, 0);
        while after < 10 && period.step_at(clock::now()) <= first + 1 {
            let start = clock::now();
            let (shown, left) = (app.code().await?, app.seconds().await?);
            let end = clock::now();
            // In the very second in which it changes, either may be on the screen.
            let whole_step = period.step_at(start) == period.step_at(end);
            if !whole_step || start == period.start_of(period.step_at(start)) {
                continue;
            }
            let expected = outside::oathtool_code(&seed, start)?;
            ensure(shown == expected, || format!("at {start}: {shown}, oathtool {expected}"))?;
            let next = period.start_of(period.step_at(start) + 1);
            let right = next.since(end).saturating_sub(1)..=next.since(start) + 1;
            ensure(right.contains(&left), || format!("at {start}: {left} s, not {right:?}"))?;
            *(if period.step_at(start) == first { &mut before } else { &mut after }) += 1;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        ensure(before > 0 && after > 0, || format!("read {before} and {after} codes"))?;
        let moves = app.script("return window.moves", vec![]).await?.as_u64().unwrap_or_default();
        let seconds = counted.elapsed().as_secs();
        ensure((seconds / 2..=seconds + 2).contains(&moves), || {
            format!("the ring moved {moves} times in {seconds} s")
        })?;
        app.close().await
    })
    .await
}
