//! What GEOSEARCH, GEORADIUS and their kin have in common: what is asked for, what is found, what becomes of it.

use super::arguments::{distance_reply, length, point, point_reply, unit};
use super::earth::Shape;
use super::hash::Point;
use crate::command::Outcome;
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Deadline, ELEMENT_UNITS, Element, ScoreRange, Txn, View, ZSet, ZSetLimits};

const NOT_DECODED: ReplyError = ReplyError::new("ERR could not decode requested zset member");
const ANY_ALONE: ReplyError = ReplyError::new("ERR the ANY argument requires COUNT argument");
/// Of a place that is looked at: some sines.
const PLACE_UNITS: u64 = 4 * ELEMENT_UNITS;

/// How a command of the family asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// GEORADIUS: around a place; what is found may be stored.
    Around { stores: bool },
    /// GEORADIUSBYMEMBER: around a member.
    AroundMember { stores: bool },
    /// GEOSEARCH.
    Search,
    /// GEOSEARCHSTORE: the key to store at comes first.
    SearchStore,
}

impl Form {
    /// Where the key of the sorted set stands.
    fn key(self) -> usize {
        if self == Self::SearchStore { 2 } else { 1 }
    }

    /// The first argument of the options.
    pub const fn options(self) -> usize {
        match self {
            Self::Around { .. } => 6,
            Self::AroundMember { .. } => 5,
            Self::Search => 2,
            Self::SearchStore => 3,
        }
    }

    fn searches(self) -> bool {
        matches!(self, Self::Search | Self::SearchStore)
    }

    /// True if the words STORE and STOREDIST name a key.
    fn names_key(self) -> bool {
        matches!(self, Self::Around { stores: true } | Self::AroundMember { stores: true })
    }
}

/// In which order what is found is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    AsFound,
    Nearest,
    Farthest,
}

/// What is asked for.
struct Request<'a> {
    /// None if the sorted set is absent.
    middle: Option<Point>,
    shape: Option<Shape>,
    /// Metres.
    unit: f64,
    order: Order,
    /// 0: all.
    count: usize,
    any: bool,
    with_distance: bool,
    with_hash: bool,
    with_place: bool,
    store_at: Option<&'a [u8]>,
    stores_distance: bool,
}

/// A member that was found.
struct Found<'a> {
    member: &'a [u8],
    score: f64,
    place: Point,
    /// From the middle, metres.
    distance: f64,
}

/// Reads the arguments; as in Redis with an eye on the sorted set, whose members are places.
fn request<'a>(set: Option<&ZSet>, args: &'a Args, form: Form) -> Result<Request<'a>, ReplyError> {
    let mut request = Request {
        middle: None,
        shape: None,
        unit: 1.0,
        order: Order::AsFound,
        count: 0,
        any: false,
        with_distance: false,
        with_hash: false,
        with_place: false,
        store_at: (form == Form::SearchStore).then(|| args.arg(1)),
        stores_distance: false,
    };
    match form {
        Form::Around { .. } => {
            request.middle = Some(point(args, 2)?);
            request.circle(args, 4)?;
        }
        Form::AroundMember { .. } if set.is_some() => {
            request.middle = Some(member(set, args.arg(2))?);
            request.circle(args, 3)?;
        }
        _ => {}
    }
    // What has been said of middle and shape, for GEOSEARCH.
    let (mut is_around_member, mut is_around_place) = (false, false);
    let mut at = form.options();
    while at < args.len() {
        let behind = args.len() - at - 1;
        let by_search = |count: usize| form.searches() && behind >= count;
        at += 1 + if args.is(at, "WITHDIST") {
            request.with_distance = true;
            0
        } else if args.is(at, "WITHHASH") {
            request.with_hash = true;
            0
        } else if args.is(at, "WITHCOORD") {
            request.with_place = true;
            0
        } else if args.is(at, "ANY") {
            request.any = true;
            0
        } else if args.is(at, "ASC") {
            request.order = Order::Nearest;
            0
        } else if args.is(at, "DESC") {
            request.order = Order::Farthest;
            0
        } else if args.is(at, "COUNT") && behind >= 1 {
            let count = parse_i64(args.arg(at + 1)).ok_or(NOT_AN_INTEGER)?;
            let count = usize::try_from(count).ok().filter(|count| *count > 0);
            request.count = count.ok_or(ReplyError::new("ERR COUNT must be > 0"))?;
            1
        } else if (args.is(at, "STORE") || args.is(at, "STOREDIST")) && behind >= 1 && form.names_key() {
            request.store_at = Some(args.arg(at + 1));
            request.stores_distance = args.is(at, "STOREDIST");
            1
        } else if args.is(at, "STOREDIST") && form == Form::SearchStore {
            request.stores_distance = true;
            0
        } else if args.is(at, "FROMMEMBER") && by_search(1) && !is_around_place {
            if set.is_some() {
                request.middle = Some(member(set, args.arg(at + 1))?);
            }
            is_around_member = true;
            1
        } else if args.is(at, "FROMLONLAT") && by_search(2) && !is_around_member {
            request.middle = Some(point(args, at + 1)?);
            is_around_place = true;
            2
        } else if args.is(at, "BYRADIUS") && by_search(2) && !matches!(request.shape, Some(Shape::Box { .. })) {
            request.circle(args, at + 1)?;
            2
        } else if args.is(at, "BYBOX") && by_search(3) && !matches!(request.shape, Some(Shape::Circle(_))) {
            request.rectangle(args, at + 1)?;
            3
        } else {
            return Err(SYNTAX);
        };
    }
    if request.store_at.is_some() && (request.with_distance || request.with_hash || request.with_place) {
        let name = if form.searches() { "GEOSEARCHSTORE" } else { "STORE option in GEORADIUS" };
        let text = format!("ERR {name} is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
        return Err(ReplyError::text(text));
    }
    let one_of =
        |what: &str| ReplyError::about(&format!("ERR exactly one of {what} can be specified for "), args.name(), "");
    if form.searches() && !is_around_member && !is_around_place {
        return Err(one_of("FROMMEMBER or FROMLONLAT"));
    }
    if form.searches() && request.shape.is_none() {
        return Err(one_of("BYRADIUS and BYBOX"));
    }
    if request.any && request.count == 0 {
        return Err(ANY_ALONE);
    }
    Ok(request)
}

/// The place of a member.
fn member(set: Option<&ZSet>, member: &[u8]) -> Result<Point, ReplyError> {
    set.and_then(|set| set.get(member)).map(Point::of_score).ok_or(NOT_DECODED)
}

impl Request<'_> {
    /// Reads a radius and its unit.
    fn circle(&mut self, args: &Args, at: usize) -> Result<(), ReplyError> {
        let radius = length(args, at, "ERR need numeric radius")?;
        if radius < 0.0 {
            return Err(ReplyError::new("ERR radius cannot be negative"));
        }
        self.unit = unit(args, at + 1)?;
        self.shape = Some(Shape::Circle(radius * self.unit));
        Ok(())
    }

    /// Reads width, height and their unit.
    fn rectangle(&mut self, args: &Args, at: usize) -> Result<(), ReplyError> {
        let width = length(args, at, "ERR need numeric width")?;
        let height = length(args, at + 1, "ERR need numeric height")?;
        if width < 0.0 || height < 0.0 {
            return Err(ReplyError::new("ERR height or width cannot be negative"));
        }
        self.unit = unit(args, at + 2)?;
        self.shape = Some(Shape::Box { width: width * self.unit, height: height * self.unit });
        Ok(())
    }

    /// The ranks of the members that have to be looked at.
    fn ranks(&self, set: &ZSet) -> Vec<std::ops::Range<usize>> {
        let (Some(middle), Some(shape)) = (self.middle, self.shape) else { return Vec::new() };
        let ranks = shape.cells(middle).into_iter().map(|cell| {
            let (min, max) = cell.scores();
            set.score_ranks(&ScoreRange { min, min_is_open: false, max, max_is_open: true })
        });
        ranks.collect()
    }

    /// What there is, in the order in which it is shown, as much as is wanted.
    ///
    /// # Errors
    /// It is more than may be looked at.
    fn found<'a>(&self, view: &View<'_>, set: &'a ZSet) -> Result<Vec<Found<'a>>, ReplyError> {
        let (Some(middle), Some(shape)) = (self.middle, self.shape) else { return Ok(Vec::new()) };
        let ranks = self.ranks(set);
        let places: usize = ranks.iter().map(|ranks| ranks.len()).sum();
        view.work(set.lookup_units() * 18 + places as u64 * PLACE_UNITS)?;
        let inside = ranks.into_iter().flat_map(|ranks| set.range(ranks)).filter_map(|(member, score)| {
            let place = Point::of_score(score);
            shape.distance_inside(middle, place).map(|distance| Found { member, score, place, distance })
        });
        let mut found: Vec<_> = inside.take(if self.any { self.count } else { usize::MAX }).collect();
        // Who wants some and not any wants the nearest.
        let order =
            if self.order == Order::AsFound && self.count > 0 && !self.any { Order::Nearest } else { self.order };
        let compare = |a: &Found<'_>, b: &Found<'_>| a.distance.total_cmp(&b.distance);
        match order {
            Order::AsFound => {}
            Order::Nearest => found.sort_by(compare),
            Order::Farthest => found.sort_by(|a, b| compare(b, a)),
        }
        if self.count > 0 {
            found.truncate(self.count);
        }
        Ok(found)
    }

    /// What was found, as a reply.
    fn reply(&self, found: &[Found<'_>]) -> Reply {
        let shown = found.iter().map(|found| {
            let member = Reply::bulk(found.member);
            if !(self.with_distance || self.with_hash || self.with_place) {
                return member;
            }
            let mut parts = vec![member];
            if self.with_distance {
                parts.push(distance_reply(found.distance / self.unit));
            }
            if self.with_hash {
                parts.push(Reply::Int(found.score as i64));
            }
            if self.with_place {
                parts.push(point_reply(found.place));
            }
            Reply::Array(parts)
        });
        Reply::Array(shown.collect())
    }

    /// What was found, as a sorted set.
    fn result(&self, found: &[Found<'_>], limits: ZSetLimits) -> ZSet {
        let score = |found: &Found<'_>| if self.stores_distance { found.distance / self.unit } else { found.score };
        let elements: Vec<Element<'_>> = found.iter().map(|found| (found.member, score(found))).collect();
        ZSet::of(elements, limits)
    }
}

/// A search that shows what it finds.
pub(super) fn read(view: &View<'_>, args: &Args, form: Form) -> Outcome {
    let set = view.typed::<ZSet>(args.arg(form.key()))?;
    let request = request(set, args, form)?;
    let Some(set) = set else { return Ok(Reply::Array(Vec::new())) };
    Ok(request.reply(&request.found(view, set)?))
}

/// A search that may store what it finds, over whatever is there; without anything found, nothing is there afterwards.
pub(super) fn write(txn: &mut Txn<'_>, args: &Args, form: Form) -> Outcome {
    let limits = ZSetLimits::from(&txn.state().options);
    let key = args.arg(form.key());
    let view = txn.bounded_view();
    let outcome = view.typed::<ZSet>(key).and_then(|set| {
        let request = request(set, args, form)?;
        let found = set.map_or(Ok(Vec::new()), |set| request.found(&view, set))?;
        Ok(match request.store_at {
            Some(target) => Done::Store(target, request.result(&found, limits)),
            None => Done::Reply(request.reply(&found)),
        })
    });
    let (tally, units) = (view.take_tally(), view.worked());
    txn.count(tally);
    txn.work(units)?;
    match outcome? {
        Done::Reply(reply) => Ok(reply),
        Done::Store(target, result) => {
            let len = result.len();
            if len == 0 {
                txn.remove(target);
            } else {
                txn.set(target, result.into(), Deadline::Clear);
            }
            Ok(Reply::Int(len as i64))
        }
    }
}

/// What becomes of a search.
enum Done<'a> {
    Reply(Reply),
    Store(&'a [u8], ZSet),
}
