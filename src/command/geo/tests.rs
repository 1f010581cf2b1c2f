//! The commands of places, on a state without a server.

use crate::command::testing::Bench;
use crate::protocol::Reply;

/// See [`Bench::replay`]; of Redis.
const TRANSCRIPT: &str = include_str!("transcript.txt");

#[test]
fn geo_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 180, "{commands} commands");
}

#[test]
fn resp3_shows_coordinates_as_doubles_and_distances_as_strings() {
    let mut bench = Bench::new();
    bench.run("GEOADD k 13.361389 38.115556 Palermo");
    for (line, reply) in [
        ("GEOPOS k Palermo x", "*2 *2 ,13.36138933897018433 ,38.11555639549629859 _"),
        ("GEODIST k Palermo Palermo", "$6 0.0000"),
        (
            "GEORADIUS k 13 38 100 km WITHDIST WITHCOORD WITHHASH",
            "*1 *4 $7 Palermo $7 34.1601 :3479099956230698 *2 ,13.36138933897018433 ,38.11555639549629859",
        ),
        ("GEOHASH absent x", "*1 _"),
        ("GEODIST absent x y", "_"),
    ] {
        assert_eq!(bench.text3(line), reply, "{line}");
    }
}

#[test]
fn stored_distances_are_those_of_redis_but_for_the_last_bits() {
    let mut bench = Bench::new();
    bench.run(
        "GEOADD k 13.361389 38.115556 a 15.087269 37.502669 b -179.9 -80.5 c 0 0 d 100.25 66.5 e 15.0001 37.0001 f",
    );
    assert_eq!(bench.text("GEOSEARCHSTORE d k FROMLONLAT 15 37 BYRADIUS 30000 km STOREDIST"), ":6");
    // Of redis-server 7.0.15 on glibc.
    for (member, distance) in [
        ("f", 0.01421567857011708),
        ("b", 56.4412578701582),
        ("a", 190.44242984775784),
        ("d", 4395.461229041461),
        ("e", 6080.84838539183),
        ("c", 15141.495783372402),
    ] {
        let Reply::Double(stored) = bench.run(&format!("ZSCORE d {member}")) else { panic!("{member}") };
        assert!((stored - distance).abs() <= distance * 1e-13, "{member}: {stored}, {distance}");
    }
}

#[test]
fn a_search_is_told_what_it_costs_by_what_is_around() {
    let mut bench = Bench::new();
    for i in 0..400 {
        bench.run(&format!("GEOADD k {} {} far{i}", f64::from(i) / 4.0 - 100.0, -f64::from(i) / 8.0));
        bench.run(&format!("GEOADD k 15.{i:03} 37.5 near{i}"));
    }
    let mut units = |line: &str| bench.work(line).1;
    let (few, many) = (
        units("GEOSEARCH k FROMLONLAT 15 37.5 BYRADIUS 1 km"),
        units("GEOSEARCH k FROMLONLAT 15 37.5 BYRADIUS 30000 km"),
    );
    assert!(few < many / 10 && many >= 800 * 64, "{few}, {many}");
    assert_eq!(units("GEORADIUS k 15 37.5 30000 km"), many, "through the log as well");
    assert_eq!(units("GEOSEARCHSTORE d k FROMLONLAT 15 37.5 BYRADIUS 30000 km"), many);
}
