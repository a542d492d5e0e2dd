//! From a data folder to a registry.

use std::{path::PathBuf, sync::Arc};

use registry::{Registry, SqliteStore};

use crate::{cli::Place, clock, data_dir::DataDir, failure::Failure, master_key_file, randomness};

/// Opens the registry; on an empty or missing data folder makes a new one.
pub(crate) async fn registry_or_new(place: &Place) -> Result<Registry, Failure> {
    open(place, &DataDir::create(&place.data_dir)?).await
}

/// Opens the registry of a server that was started before.
pub(crate) async fn registry(place: &Place) -> Result<Registry, Failure> {
    open(place, &DataDir::in_use(&place.data_dir)?).await
}

/// As [`registry`], with the store that it is on.
pub(crate) async fn registry_and_store(
    place: &Place,
) -> Result<(Registry, Arc<SqliteStore>), Failure> {
    open_with_store(place, &DataDir::in_use(&place.data_dir)?).await
}

async fn open(place: &Place, data_dir: &DataDir) -> Result<Registry, Failure> {
    Ok(open_with_store(place, data_dir).await?.0)
}

async fn open_with_store(
    place: &Place,
    data_dir: &DataDir,
) -> Result<(Registry, Arc<SqliteStore>), Failure> {
    let mut rng = randomness::rng();
    let key_file = master_key_path(place, data_dir);
    let master = master_key_file::read_or_make(&key_file, data_dir.holds_database(), &mut rng)?;
    let store = Arc::new(SqliteStore::open(data_dir.database())?);
    let registry = Registry::open(store.clone(), master, clock::now(), &mut rng).await?;
    Ok((registry, store))
}

fn master_key_path(place: &Place, data_dir: &DataDir) -> PathBuf {
    place.master_key_file.clone().unwrap_or_else(|| data_dir.default_master_key())
}
