//! The generated market of the measurement: written as a file for the bulk path, and asked about
//! once it is loaded. Must not measure.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use matching::id::{DemandId, PartyId};
use ocop_link::app::App;
use ocop_link::caller::ordinary_scopes;
use ocop_link::clock::Clock;
use ocop_link::config::Config;
use ocop_link::http::token::{Grant, Tokens};
use ocop_link::market_data::generated_market;
use ocop_link::reference::Reference;
use ocop_link::store::{Database, demands};

use crate::Size;
use crate::client::request;

/// How long a token of the measurement is valid, in seconds.
const TOKEN_SECONDS: u32 = 24 * 3600;
/// Demands that are asked about where not all are.
pub(crate) const SOME_DEMANDS: usize = 5_000;

/// Writes a generated market of today; how many lines.
pub(crate) fn write(path: &Path, size: &Size) -> usize {
    let (year, month, day) = Clock::System.now().date().ymd();
    let today = jiff::civil::date(year, month, day);
    let lines = generated_market(Reference::shared(), today, size.seed, size.offers, size.demands);
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let written = lines.map(|line| writeln!(file, "{line}").expect("room on the disk")).count();
    file.flush().expect("room on the disk");
    written
}

/// The service on a loaded database, without its market.
pub(crate) fn open(database_url: &str) -> App {
    let config = Config { database_url: database_url.into(), ..Config::load().expect("settings") };
    App::without_market(config, Clock::System).expect("the database")
}

/// Mints tokens for the parties of a database.
pub(crate) struct Minter {
    tokens: Tokens,
    made: HashMap<PartyId, String>,
}

impl Minter {
    pub(crate) fn new(app: &App) -> Self {
        Self { tokens: Tokens::new(app), made: HashMap::new() }
    }

    pub(crate) fn token(&mut self, party: PartyId) -> &str {
        if !self.made.contains_key(&party) {
            let token = self.mint(party, ordinary_scopes());
            self.made.insert(party, token);
        }
        &self.made[&party]
    }

    /// A token with other scopes.
    pub(crate) fn mint(&self, party: PartyId, scope: String) -> String {
        let moment = Clock::System.moment();
        let subject = "bench".into();
        let grant = Grant { subject, party, scope, seconds: TOKEN_SECONDS, session: None };
        self.tokens.mint(&grant, moment.now(), moment.new_id()).expect("a token")
    }
}

/// Demands with their buyers, so many of them at the most, spread evenly over all.
pub(crate) fn asked_demands(database: &Database, most: usize) -> Vec<(DemandId, PartyId)> {
    let mut all = Vec::new();
    let read = database.read(|tx| {
        demands::for_each_chunk(tx, &mut |chunk| {
            all.extend(chunk.iter().map(|demand| (demand.id, demand.terms.party_id)));
            Ok(())
        })
    });
    read.expect("the demands");
    let step = (all.len() / most).max(1);
    all.into_iter().step_by(step).collect()
}

/// For each of so many demands at the most, its buyer's request for the first twenty matches.
pub(crate) fn match_requests(database_url: &str, most: usize) -> Vec<Vec<u8>> {
    let app = open(database_url);
    let mut minter = Minter::new(&app);
    let ask = |(demand, buyer): (DemandId, PartyId)| {
        let path = format!("/v1/demands/{demand}/matches?limit=20");
        request("GET", &path, minter.token(buyer), "")
    };
    asked_demands(app.database(), most).into_iter().map(ask).collect()
}
