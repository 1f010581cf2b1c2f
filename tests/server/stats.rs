//! INFO commandstats and its kin, counted as by redis-server.

use std::collections::BTreeMap;

use crate::call;
use crate::support::process::Server;
use crate::support::value::Value;

const LINES: &[&str] = &[
    "CONFIG RESETSTAT",
    "GET",
    "GET a b c",
    "NOSUCH",
    "CONFIG NOSUCH",
    "CONFIG",
    "MULTI",
    "GET",
    "EXEC",
    "MULTI",
    "GET x",
    "INCR n",
    "SET n abc",
    "INCR n",
    "CLIENT GETNAME",
    "EXEC",
    "MULTI",
    "GET x",
    "DISCARD",
    "MULTI",
    "SAVE",
    "EXEC",
    "EXEC",
    "HSET n f v",
    "SET n v FOO",
    "INCRBY n x",
    "SCAN x",
    "MULTI",
    "SET n v FOO",
    "SCAN x",
    "EXEC",
    "CONFIG SET maxmemory 1",
    "SET n x",
    "CONFIG SET maxmemory 0",
    "DEL n",
    "EVAL redis.call('set','n','x')redis.call('get','n')return(redis.pcall('get','n')) 0",
    "EVAL redis.pcall('get')redis.pcall('nosuch')redis.pcall('incrby','n','y')return(1) 0",
    "EVAL redis.pcall('client','id')redis.pcall('set','n','1','foo')return(redis.call('select',0)) 0",
    "EVAL redis.call('incrby','n','y') 0",
    "EVAL return(redis.pcall('incrby','n','y')) 0",
    "EVAL redis.pcall('incrby','n','y')error('MINE') 0",
    "EVAL_RO redis.call('get','n')return(redis.pcall('set','n',1)) 0",
    "MULTI",
    "EVAL redis.call('incr','m') 0",
    "EVAL redis.call('get','n') 0",
    "EXEC",
];

/// (calls, rejected calls, failed calls) by command, and what the whole server has counted.
fn counted(server: &Server) -> (BTreeMap<String, String>, Vec<String>) {
    let mut client = server.client();
    for line in LINES {
        call(&mut client, line);
    }
    let mut text = |section: &str| match call(&mut client, &format!("INFO {section}")) {
        Value::Bulk(text) => String::from_utf8(text).unwrap(),
        other => panic!("{other:?}"),
    };
    let by_command = text("commandstats")
        .lines()
        .filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(':'))
        .map(|(name, counts)| {
            let counts: Vec<&str> = counts.split(',').filter(|count| !count.starts_with("usec")).collect();
            (name.to_owned(), counts.join(","))
        })
        .collect();
    let stats = text("stats") + &text("errorstats");
    let whole = ["total_commands_processed:", "total_error_replies:", "errorstat_"];
    let whole = stats.lines().filter(|line| whole.iter().any(|name| line.starts_with(name)));
    (by_command, whole.map(ToOwned::to_owned).collect())
}

#[test]
fn calls_refusals_and_failures_are_counted_as_by_redis() {
    assert_eq!(counted(&crate::start(&[])), counted(&Server::redis(&[])), "left is lockstep, right is Redis");
}
