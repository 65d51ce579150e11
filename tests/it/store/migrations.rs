//! Migrations: both trees make the tables of `schema.rs`, can be taken back, and run once.

use std::collections::BTreeMap;
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use ocop_link::store::Database;

use crate::support::databases::{EmptyDatabase, Engine, on_both};

const SCHEMA: &str = include_str!("../../../src/store/schema.rs");

on_both!(empty: the_tables_are_those_of_the_schema, up_down_up_ends_where_it_began,
    all_who_open_an_empty_database_at_once_find_it_ready,
    a_schema_of_a_newer_program_is_refused);

/// Primary key and columns with their types, by table.
type Tables = BTreeMap<String, (Vec<String>, Vec<(String, String)>)>;

/// The tables that `schema.rs` declares.
fn declared() -> Tables {
    let mut tables = Tables::new();
    for table in SCHEMA.split("diesel::table! {").skip(1) {
        let (head, rest) = table.split_once('{').expect("columns");
        let (name, key) = head.trim().split_once(" (").expect("a key");
        let key = key.trim_end_matches(") ").trim_end_matches(')');
        let columns = rest.split_once('}').expect("an end").0;
        let columns = columns.lines().filter_map(|line| line.trim().split_once(" -> "));
        let column =
            |(name, kind): (&str, &str)| (name.to_owned(), kind.trim_end_matches(',').to_owned());
        let key = key.split(", ").map(str::to_owned).collect();
        tables.insert(name.to_owned(), (key, columns.map(column).collect()));
    }
    tables
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    nullable: String,
    #[diesel(sql_type = Text)]
    key: String,
}

const SQLITE_COLUMNS: &str = "SELECT m.name AS table_name, c.name AS column_name, \
    lower(c.type) AS kind, CASE c.\"notnull\" WHEN 0 THEN 'yes' ELSE 'no' END AS nullable, \
    CAST(c.pk AS TEXT) AS key \
    FROM sqlite_master m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";

const POSTGRES_COLUMNS: &str = "SELECT c.table_name::text, c.column_name::text, \
    c.data_type::text AS kind, lower(c.is_nullable) AS nullable, \
    coalesce(k.ordinal_position, 0)::text AS key \
    FROM information_schema.columns c \
    LEFT JOIN information_schema.table_constraints t ON t.table_name = c.table_name \
      AND t.table_schema = c.table_schema AND t.constraint_type = 'PRIMARY KEY' \
    LEFT JOIN information_schema.key_column_usage k ON k.constraint_name = t.constraint_name \
      AND k.table_schema = c.table_schema AND k.column_name = c.column_name \
    WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\\_\\_%' \
    ORDER BY c.table_name, c.ordinal_position";

const SQLITE_OBJECTS: &str = "SELECT sql AS text FROM sqlite_master WHERE sql IS NOT NULL \
    AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY name";

const POSTGRES_OBJECTS: &str = "SELECT indexdef AS text FROM pg_indexes \
    WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%' \
    UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
    WHERE connamespace = 'public'::regnamespace \
    AND conrelid::regclass::text NOT LIKE '\\_\\_%' ORDER BY 1";

#[derive(QueryableByName)]
struct ObjectRow {
    #[diesel(sql_type = Text)]
    text: String,
}

enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    fn open(empty: &EmptyDatabase) -> Self {
        match empty.engine {
            Engine::Sqlite => {
                let mut connection =
                    SqliteConnection::establish(empty.path()).expect("a connection");
                // A database that was just dropped closes its file in a thread of its own.
                connection.batch_execute("PRAGMA busy_timeout = 5000").expect("a timeout");
                Self::Sqlite(connection)
            }
            Engine::Postgres => {
                Self::Postgres(PgConnection::establish(&empty.url).expect("a connection"))
            }
        }
    }

    fn up(&mut self) {
        match self {
            Self::Sqlite(connection) => {
                connection.run_pending_migrations(tree("sqlite")).map(drop).expect("up")
            }
            Self::Postgres(connection) => {
                connection.run_pending_migrations(tree("postgres")).map(drop).expect("up")
            }
        }
    }

    fn down(&mut self) {
        match self {
            Self::Sqlite(connection) => {
                connection.revert_all_migrations(tree("sqlite")).map(drop).expect("down")
            }
            Self::Postgres(connection) => {
                connection.revert_all_migrations(tree("postgres")).map(drop).expect("down")
            }
        }
    }

    fn tables(&mut self) -> Tables {
        let rows: Vec<ColumnRow> = match self {
            Self::Sqlite(c) => diesel::sql_query(SQLITE_COLUMNS).load(c).expect("columns"),
            Self::Postgres(c) => diesel::sql_query(POSTGRES_COLUMNS).load(c).expect("columns"),
        };
        let mut keys: BTreeMap<(String, i32), String> = BTreeMap::new();
        let mut tables = Tables::new();
        for row in rows {
            let place: i32 = row.key.parse().expect("a number");
            if place > 0 {
                keys.insert((row.table_name.clone(), place), row.column_name.clone());
            }
            let column = (row.column_name, diesel_type(&row.kind, &row.nullable));
            tables.entry(row.table_name).or_default().1.push(column);
        }
        for ((table, _), column) in keys {
            tables.entry(table).or_default().0.push(column);
        }
        tables
    }

    fn objects(&mut self) -> Vec<String> {
        let rows: Vec<ObjectRow> = match self {
            Self::Sqlite(c) => diesel::sql_query(SQLITE_OBJECTS).load(c).expect("objects"),
            Self::Postgres(c) => diesel::sql_query(POSTGRES_OBJECTS).load(c).expect("objects"),
        };
        rows.into_iter().map(|row| row.text).collect()
    }

    fn execute(&mut self, statement: &str) {
        match self {
            Self::Sqlite(c) => diesel::sql_query(statement).execute(c).expect("executed"),
            Self::Postgres(c) => diesel::sql_query(statement).execute(c).expect("executed"),
        };
    }
}

fn tree(engine: &str) -> FileBasedMigrations {
    FileBasedMigrations::from_path(format!("migrations/{engine}")).expect("a tree")
}

fn diesel_type(kind: &str, nullable: &str) -> String {
    let kind = match kind {
        "text" => "Text",
        "bigint" => "BigInt",
        "integer" => "Integer",
        "boolean" => "Bool",
        other => panic!("a column of type {other}"),
    };
    if nullable == "yes" { format!("Nullable<{kind}>") } else { kind.to_owned() }
}

fn the_tables_are_those_of_the_schema(empty: &EmptyDatabase) {
    drop(Database::open(&empty.url, 1).expect("a database"));
    assert_eq!(Raw::open(empty).tables(), declared());
}

fn up_down_up_ends_where_it_began(empty: &EmptyDatabase) {
    let mut raw = Raw::open(empty);
    assert_eq!(raw.objects(), Vec::<String>::new());
    raw.up();
    let (tables, objects) = (raw.tables(), raw.objects());
    assert_eq!(tables, declared());
    raw.down();
    assert_eq!((raw.tables(), raw.objects()), (Tables::new(), Vec::new()));
    raw.up();
    assert_eq!((raw.tables(), raw.objects()), (tables, objects));
}

fn all_who_open_an_empty_database_at_once_find_it_ready(empty: &EmptyDatabase) {
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let database = Database::open(&empty.url, 1).expect("a database");
                let last = database.read(ocop_link::store::changes::last);
                assert_eq!(last.expect("readable"), 0);
            });
        }
    });
    assert_eq!(Raw::open(empty).tables(), declared());
}

fn a_schema_of_a_newer_program_is_refused(empty: &EmptyDatabase) {
    drop(Database::open(&empty.url, 1).expect("a database"));
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    Raw::open(empty).execute(newer);
    let refused = Database::open(&empty.url, 1).map(drop).expect_err("refused");
    assert!(refused.contains("9999"), "{refused}");
}

#[test]
fn both_trees_have_the_same_names() {
    let names = |engine: &str| -> Vec<String> {
        let entries = std::fs::read_dir(format!("migrations/{engine}")).expect("a tree");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}
