//! The main job, as the demo walks it; and the code on the screen, second by second.

use std::time::Duration;

use e2e::error::ensure;
use e2e::own_card::OwnCard;
use e2e::{Result, Scene, clock, outside, test, walk};
use oath::Period;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_from_the_enrolment_link_to_a_second_server() -> Result<()> {
    test(async {
        let folder = tempfile::tempdir()?;
        walk::walk(folder.path()).await
    })
    .await
}

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
        let boundary = period.start_of(period.step_at(clock::now()) + 1);
        while clock::now().0 + 3 < boundary.0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (mut before, mut after) = (0, 0);
        while clock::now().0 <= boundary.0 + 3 {
            let start = clock::now();
            let (shown, left) = (app.code().await?, app.seconds().await?);
            let end = clock::now();
            // Judged only if read within one second, and not in the one in which it changes.
            if start != end || start == boundary {
                continue;
            }
            let expected = outside::oathtool_code(&seed, start)?;
            ensure(shown == expected, || format!("at {start}: {shown}, oathtool {expected}"))?;
            let right = period.start_of(period.step_at(start) + 1).since(start);
            ensure(left.abs_diff(right) <= 1, || format!("at {start}: {left} s, not {right}"))?;
            *(if start < boundary { &mut before } else { &mut after }) += 1;
        }
        ensure(before > 0 && after > 0, || format!("read {before} and {after} codes"))?;
        app.close().await
    })
    .await
}
