//! `ocop-link demo`: a ready market of real products on an embedded database, and whom to act as.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use actix_web::web;
use clap::Args;
use indicatif::ProgressBar;
use jiff::civil;
use matching::grant::Permission;
use matching::id::PartyId;
use serde_json::json;

use super::import::{OPERATOR, import};
use super::serve::{Reserved, serve, start_log};
use super::{Failure, config, demo_users, output};
use crate::actions::grants::{self, GrantCommand};
use crate::app::App;
use crate::caller::{Caller, Resource, Scope, Scopes, ordinary_scopes};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use crate::http::problem_texts::Language;
use crate::http::state::AppData;
use crate::http::token::Grant;
use crate::market_data::demo::{DemoMarket, DemoSummary};
use crate::store::external_ids;

/// The seed of all that the demo generates.
const SEED: u64 = 2026;
/// How long the demo's tokens are valid: a day.
const TOKEN_SECONDS: u32 = 24 * 3600;
/// The system in which the demo names its records.
const SYSTEM: &str = "demo";

/// The demo's name of the producer of the stories.
const PRODUCER: &str = "producer-002";
/// The demo's name of the union.
const UNION: &str = "union";

/// Whom to act as: the word, and the party's name in the demo.
const CALLERS: [(&str, &str); 4] = [
    ("producer", PRODUCER),
    ("distributor", "distributor-hcm"),
    ("union", UNION),
    ("authority", "authority-86"),
];

/// Permissions of a file with secrets: its owner reads and writes.
const OWNER_ONLY: u32 = 0o600;

/// The offer of kẹo dừa sáp in the demo.
const OFFER_OF_STORY: &str = "offer-003";

/// Where and how the demo runs.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Port to listen on; 0 for any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder of the database; kept between runs.
    #[arg(long, default_value = "demo-data")]
    data_dir: PathBuf,
    /// Write base URL, parties and tokens to this file, for scripts.
    #[arg(long)]
    credentials: Option<PathBuf>,
}

/// One person plays every caller of the demo, and tries it with tools: it has this much more room
/// than one client of a public service.
const DEMO_FACTOR: u32 = 100;

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    fs::create_dir_all(&arguments.data_dir).map_err(failed_at(&arguments.data_dir))?;
    let _alone = keep_others_out(&arguments.data_dir)?;
    let mut config = Config {
        database_url: format!("sqlite://{}", arguments.data_dir.join("ocop-link.db").display()),
        host: "127.0.0.1".into(),
        port: arguments.port,
        log: env::var("OCOP_LINK_LOG").unwrap_or_else(|_| "warn".into()),
        ..config()?
    };
    config.traffic.rate_limits = config.traffic.rate_limits.times(DEMO_FACTOR);
    start_log(&config)?;
    let reserved = Reserved::bind(&config)?;
    let app = App::open(config, Clock::System).map_err(Failure::Other)?;
    let is_new = app.market().is_empty();
    if is_new {
        fill(&app)?;
    }
    let data = web::Data::new(AppData::new(app).map_err(Failure::Other)?);
    let callers = callers(&data)?;
    if is_new && !data.app.market().is_empty() {
        drop(data);
        return Err(begin_anew());
    }
    let listener = reserved.listen()?;
    introduce(&data, &listener, (&callers, arguments.credentials.as_deref()))?;
    serve(data, listener)
}

/// Two that begin at once would both make the market. The lock goes with the process.
fn keep_others_out(folder: &Path) -> Result<File, Failure> {
    let path = folder.join("demo.lock");
    let file = File::create(&path).map_err(failed_at(&path))?;
    let taken = |_| Failure::Other(format!("another demo runs in {}", folder.display()));
    file.try_lock().map_err(taken)?;
    Ok(file)
}

/// Becomes the same program from its beginning, which finds its data and serves them in half of the
/// memory that making them and hashing passwords has taken: the allocator keeps what was freed
/// until it is used again. Returns if that cannot be done.
fn begin_anew() -> Failure {
    let again = |program| Command::new(program).args(env::args_os().skip(1)).exec();
    let error = env::current_exe().map_or_else(|error| error, again);
    Failure::Other(format!("the demo market is ready; start again, for this failed: {error}"))
}

/// Makes the market of today and imports it by the bulk path.
fn fill(app: &App) -> Result<(), Failure> {
    let (year, month, day) = app.clock().now().date().ymd();
    let today = civil::date(year, month, day);
    let market = DemoMarket::build(app.reference(), today, SEED);
    say_summary(&market.summary);
    let lines = market.into_lines().map(|line| Ok(line.to_string().into_bytes()));
    let imported = import(app, lines, &ProgressBar::hidden(), Language::English);
    imported.map_err(Failure::Other)?;
    let_union_act(app)
}

/// Lets the union act for the producer of the stories, as members do.
fn let_union_act(app: &App) -> Result<(), Failure> {
    let context = app.context(Caller::new("demo", OPERATOR, vec![Scope::Admin]));
    let made = app.database().write(move |tx| {
        context.moment.rewind();
        let mut named = |name| {
            let found = external_ids::find_unambiguous(tx, Resource::Parties, (SYSTEM, name));
            found?.map(PartyId::new).ok_or(Error::NotFound)
        };
        let command = GrantCommand {
            grantor_id: Some(named(PRODUCER)?),
            grantee_id: named(UNION)?,
            permissions: Permission::ALL.to_vec(),
            from: None,
            to: None,
        };
        grants::create(tx, &context, &command).map(drop)
    });
    made.map_err(|error| Failure::Other(error.to_string()))
}

fn say_summary(summary: &DemoSummary) {
    output::say(&format!(
        "Demo market: {} real OCOP products of {} producers, {} of them placeholders for those \
         that no list names, from public lists. {} of their stars are valid by the lists; {} \
         lapsed ones are renewed for the demo, {} are left lapsed. Prices, volumes and seasons are \
         not public: they are generated (seed {SEED}) and marked as demo values. {} supply and {} \
         demand lines of the press are real, {} demands are demo values.",
        summary.products,
        summary.producers,
        summary.unnamed_producers,
        summary.stars_listed,
        summary.stars_renewed,
        summary.stars_lapsed,
        summary.supply_lines,
        summary.demand_lines,
        summary.demo_demands,
    ));
}

/// A party with a token.
struct DemoCaller {
    party_id: String,
    token: String,
    phone: &'static str,
}

fn callers(data: &AppData) -> Result<BTreeMap<&'static str, DemoCaller>, Failure> {
    let mut callers = BTreeMap::new();
    for (word, name) in CALLERS {
        let party_id = find(data, Resource::Parties, name)?;
        callers.insert(word, caller(data, word, party_id, &ordinary_scopes())?);
    }
    let operator = OPERATOR.to_string();
    callers.insert("admin", caller(data, "admin", operator, "admin")?);
    Ok(callers)
}

fn caller(
    data: &AppData,
    word: &str,
    party_id: String,
    scope: &str,
) -> Result<DemoCaller, Failure> {
    let party = party_id.parse().map_err(|_| Failure::Other("a damaged id".into()))?;
    let grant = Grant {
        subject: format!("demo-{word}"),
        party,
        scope: scope.into(),
        seconds: TOKEN_SECONDS,
        session: None,
    };
    let moment = data.app.clock().moment();
    let token = data.authenticator.tokens().mint(&grant, moment.now(), moment.new_id());
    let scopes = Scopes::parse(scope).ok_or_else(|| Failure::Other("an unknown scope".into()))?;
    let phone = demo_users::phone(&data.app, (word, party), scopes)?;
    Ok(DemoCaller { party_id, token: token.map_err(Failure::Other)?, phone })
}

/// The id of the record that the demo calls `name`.
fn find(data: &AppData, resource: Resource, name: &str) -> Result<String, Failure> {
    let found =
        data.app.database().read(|tx| external_ids::find_unambiguous(tx, resource, (SYSTEM, name)));
    let found = found.map_err(|error| Failure::Other(error.to_string()))?;
    let missing = || Failure::Other(format!("the data folder has no {name}; remove it"));
    found.map(|id| id.to_string()).ok_or_else(missing)
}

fn introduce(
    data: &AppData,
    listener: &TcpListener,
    (callers, credentials): (&BTreeMap<&str, DemoCaller>, Option<&Path>),
) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(|error| Failure::Other(error.to_string()))?;
    let base_url = format!("http://{address}");
    if let Some(path) = credentials {
        write_credentials(path, &base_url, callers)?;
    }
    let (offers, demands) = data.app.market().len();
    output::say(&format!("\n{offers} offers and {demands} demands are open. Act as:"));
    for (word, caller) in callers {
        output::say(&format!("  {word:<12} party {}\n    token {}", caller.party_id, caller.token));
    }
    let phones = callers.iter().map(|(word, caller)| format!("{word} {}", caller.phone));
    let phones = phones.collect::<Vec<_>>().join(", ");
    output::say(&format!("Or log in: {phones}, password {}", demo_users::PASSWORD));
    say_stories(data, &base_url, callers)?;
    let database = &data.app.config().database_url;
    output::say(&format!(
        "\nOther commands (token, audit, …) work on this market with \
         OCOP_LINK_DATABASE_URL={database}"
    ));
    output::say(&format!("Documentation: {base_url}/docs/    Ctrl-C stops the server."));
    Ok(())
}

fn write_credentials(
    path: &Path,
    base_url: &str,
    callers: &BTreeMap<&str, DemoCaller>,
) -> Result<(), Failure> {
    let callers: BTreeMap<&str, serde_json::Value> = callers
        .iter()
        .map(|(word, caller)| {
            let DemoCaller { party_id, token, phone } = caller;
            let login = json!({ "phone": phone, "password": demo_users::PASSWORD });
            (*word, json!({ "party_id": party_id, "token": token, "login": login }))
        })
        .collect();
    let text = json!({ "base_url": base_url, "callers": callers }).to_string();
    write_secret(path, &text).map_err(failed_at(path))
}

/// Writes a file that nobody else may read, whoever could read the one before.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(true).mode(OWNER_ONLY);
    let mut file = options.open(path)?;
    // Such as /dev/stdout is not ours to close to others.
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    }
    file.write_all(text.as_bytes())
}

fn failed_at(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| Failure::Other(format!("{}: {error}", path.display()))
}

fn say_stories(
    data: &AppData,
    base_url: &str,
    callers: &BTreeMap<&str, DemoCaller>,
) -> Result<(), Failure> {
    let demand = find(data, Resource::Demands, "demand-mat-hoa-dua")?;
    let offer = find(data, Resource::Offers, OFFER_OF_STORY)?;
    let token = |word: &str| callers.get(word).map_or("", |caller| caller.token.as_str());
    let curl = |word: &str, path: &str| {
        format!("  curl -s '{base_url}{path}' -H 'Authorization: Bearer {}'", token(word))
    };
    output::say(
        "\n1. A distributor sees who can deliver 500 kg of mật hoa dừa, and the near misses:",
    );
    output::say(&curl("distributor", &format!("/v1/demands/{demand}/matches?limit=5")));
    output::say(&curl("distributor", &format!("/v1/demands/{demand}/excluded?limit=5")));
    output::say("2. A producer of kẹo dừa sáp sees which demands its offer fits:");
    output::say(&curl("producer", &format!("/v1/offers/{offer}/matches?limit=5")));
    output::say("3. A phone types without accents:");
    output::say(&curl("distributor", "/v1/products?q=dua%20sap%20cau%20ke&limit=10"));
    output::say("4. The union asks in the producer's name, under a grant; see /v1/audit-trail:");
    let producer = callers.get("producer").map_or("", |caller| caller.party_id.as_str());
    let asked = curl("union", &format!("/v1/offers/{offer}/matches?limit=5"));
    output::say(&format!("{asked} -H 'On-Behalf-Of: {producer}'"));
    Ok(())
}
