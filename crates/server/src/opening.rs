//! From where the server keeps what it knows to a registry.

use std::{path::PathBuf, sync::Arc};

use registry::{DatabaseUrl, PostgresStore, Registry, SqliteStore, Store};

use crate::{cli::Place, clock, data_dir::DataDir, failure::Failure, master_key, randomness};

/// Opens the registry; on an empty database, or an empty or missing data folder, makes a new one.
pub(crate) async fn registry_or_new(place: &Place) -> Result<Registry, Failure> {
    Ok(open(place, true).await?.0)
}

/// Opens the registry of a server that was started before.
pub(crate) async fn registry(place: &Place) -> Result<Registry, Failure> {
    Ok(open(place, false).await?.0)
}

/// As [`registry`], with the store that it is on.
pub(crate) async fn registry_and_store(
    place: &Place,
) -> Result<(Registry, Arc<dyn Store>), Failure> {
    open(place, false).await
}

/// Opens the store of a server that was started before, as it is, for reading only.
pub(crate) async fn store_to_read(place: &Place) -> Result<Arc<dyn Store>, Failure> {
    match database_url(place)? {
        Some(url) => {
            in_use(&url).await?;
            Ok(Arc::new(PostgresStore::open_to_read(&url).await?))
        }
        None => {
            let data_dir = DataDir::in_use(data_dir_path(place, "--database-url")?)?;
            Ok(Arc::new(SqliteStore::open_to_read(data_dir.database())?))
        }
    }
}

/// The data folder, made where it does not exist; without one, `instead` must be given.
pub(crate) fn data_dir(place: &Place, instead: &'static str) -> Result<DataDir, Failure> {
    DataDir::create(data_dir_path(place, instead)?)
}

async fn open(place: &Place, or_new: bool) -> Result<(Registry, Arc<dyn Store>), Failure> {
    let mut rng = randomness::rng();
    let (master, store): (_, Arc<dyn Store>) = match database_url(place)? {
        Some(url) => {
            let is_new = or_new && PostgresStore::is_new(&url).await?;
            if !or_new {
                in_use(&url).await?;
            }
            let master = master_key::read(place, !is_new, &mut rng).await?;
            (master, Arc::new(PostgresStore::open(&url).await?))
        }
        None => {
            let path = data_dir_path(place, "--database-url")?;
            let data_dir = if or_new { DataDir::create(path)? } else { DataDir::in_use(path)? };
            let master = master_key::read(place, data_dir.holds_database(), &mut rng).await?;
            (master, Arc::new(SqliteStore::open(data_dir.database())?))
        }
    };
    let registry = Registry::open(store.clone(), master, clock::now(), &mut rng).await?;
    Ok((registry, store))
}

async fn in_use(url: &DatabaseUrl) -> Result<(), Failure> {
    if PostgresStore::is_new(url).await? { Err(Failure::EmptyDatabase) } else { Ok(()) }
}

fn database_url(place: &Place) -> Result<Option<DatabaseUrl>, Failure> {
    Ok(place.database_url.as_deref().map(str::parse).transpose()?)
}

/// The data folder's place; without one, `instead` must be given.
pub(crate) fn data_dir_path<'a>(
    place: &'a Place,
    instead: &'static str,
) -> Result<&'a PathBuf, Failure> {
    place.data_dir.as_ref().ok_or(Failure::NoDataDir { instead })
}
