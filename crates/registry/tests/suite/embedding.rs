//! The example that embeds the registry.

#[test]
fn the_example_runs_to_its_end() {
    crate::embed::main().unwrap();
}
