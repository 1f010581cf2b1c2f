//! redis-rs: its blocking and its multiplexed connection. `[cluster] check|load port protocol prefix`, as `suite.py` says.

mod check;
mod cluster;
mod load;

use std::process::ExitCode;

use redis::{Connection, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisResult};

/// The release script of most lock libraries.
const RELEASE: &str = "
if redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('del', KEYS[1])
else
    return 0
end
";

/// Where and how to connect.
#[derive(Clone, Copy)]
struct Target {
    port: u16,
    protocol: ProtocolVersion,
}

impl Target {
    fn info(self, db: i64) -> RedisResult<ConnectionInfo> {
        let info = format!("redis://127.0.0.1:{}", self.port).into_connection_info()?;
        let settings = info.redis_settings().clone().set_protocol(self.protocol).set_db(db);
        Ok(info.set_redis_settings(settings))
    }

    fn client(self) -> RedisResult<redis::Client> {
        redis::Client::open(self.info(0)?)
    }

    fn connect(self) -> RedisResult<Connection> {
        self.client()?.get_connection()
    }

    fn connect_to(self, db: i64) -> RedisResult<Connection> {
        redis::Client::open(self.info(db)?)?.get_connection()
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (is_cluster, args) = match args.as_slice() {
        [first, rest @ ..] if first == "cluster" => (true, rest),
        all => (false, all),
    };
    let [mode, port, protocol, prefix] = args else {
        eprintln!("[cluster] check|load port protocol prefix");
        return ExitCode::from(2);
    };
    let protocol = if protocol == "3" { ProtocolVersion::RESP3 } else { ProtocolVersion::RESP2 };
    let target = Target { port: port.parse().expect("a port"), protocol };
    let result = match (is_cluster, mode.as_str()) {
        (false, "check") => check::run(target, prefix),
        (false, _) => load::run(target, prefix),
        (true, "check") => cluster::check(target, prefix),
        (true, _) => cluster::load(target, prefix),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
