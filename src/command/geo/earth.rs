//! Distances on a sphere, and which cells a search has to look into.
//!
//! Invariant: sines and the like come of `libm`, as those of scripts (`script/lib/maths.rs`), never of the C library or the CPU: what a
//! search finds and stores is the same on every node. Redis's come of its C library; the last bit of a distance may differ, which four
//! decimals do not show.

use super::hash::{Area, Cell, Point, STEPS_MAX};

/// Of a sphere like the Earth, metres.
const RADIUS: f64 = 6_372_797.560856;
/// Half of the side of the Mercator map, metres.
const MAP_MAX: f64 = 20_037_726.37;
const DEGREE: f64 = std::f64::consts::PI / 180.0;

/// The distance of two places, metres.
pub(super) fn distance(a: Point, b: Point) -> f64 {
    let longitudes = libm::sin((b.longitude * DEGREE - a.longitude * DEGREE) / 2.0);
    if longitudes == 0.0 {
        return along_meridian(a.latitude, b.latitude);
    }
    let (from, to) = (a.latitude * DEGREE, b.latitude * DEGREE);
    let latitudes = libm::sin((to - from) / 2.0);
    let square = latitudes * latitudes + libm::cos(from) * libm::cos(to) * longitudes * longitudes;
    // More than 1 by rounding: the other end of the Earth.
    2.0 * RADIUS * libm::asin(square.sqrt().min(1.0))
}

fn along_meridian(from: f64, to: f64) -> f64 {
    RADIUS * (to * DEGREE - from * DEGREE).abs()
}

/// What a search looks for, around a place; metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// What is not farther than this.
    Circle(f64),
    /// What is not farther than half of these to the east or west, and to the north or south.
    Box { width: f64, height: f64 },
}

impl Shape {
    /// How far a place is from the middle, if it is inside.
    pub fn distance_inside(self, middle: Point, point: Point) -> Option<f64> {
        match self {
            Self::Circle(radius) => {
                let distance = distance(middle, point);
                (distance <= radius).then_some(distance)
            }
            Self::Box { width, height } => {
                let beside = Point { longitude: middle.longitude, latitude: point.latitude };
                let is_outside = along_meridian(point.latitude, middle.latitude) > height / 2.0
                    || distance(point, beside) > width / 2.0;
                (!is_outside).then(|| distance(middle, point))
            }
        }
    }

    /// The cells that hold all places inside: that of the middle first, then its neighbours, in Redis's order, in which a search that is not
    /// sorted shows what it finds.
    pub fn cells(self, middle: Point) -> Vec<Cell> {
        let bounds = self.bounds(middle);
        let mut steps = self.steps(middle.latitude);
        let mut cell = Cell::of(middle, steps);
        let is_outside = cell.moved(0, 1).area().latitude.max < bounds.latitude.max
            || cell.moved(0, -1).area().latitude.min > bounds.latitude.min
            || cell.moved(1, 0).area().longitude.max < bounds.longitude.max
            || cell.moved(-1, 0).area().longitude.min > bounds.longitude.min;
        if is_outside && steps > 1 {
            steps -= 1;
            cell = Cell::of(middle, steps);
        }
        let area = cell.area();
        // The cell itself reaches as far, so a neighbour there has nothing. Of few cells the neighbours are everywhere.
        let is_void = |east: i64, north: i64| {
            steps >= 2
                && (north < 0 && area.latitude.min < bounds.latitude.min
                    || north > 0 && area.latitude.max > bounds.latitude.max
                    || east < 0 && area.longitude.min < bounds.longitude.min
                    || east > 0 && area.longitude.max > bounds.longitude.max)
        };
        let mut cells = vec![cell];
        for (east, north) in [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)] {
            let neighbour = cell.moved(east, north);
            if !is_void(east, north) && !cells.contains(&neighbour) {
                cells.push(neighbour);
            }
        }
        cells
    }

    /// Half of width and height.
    fn halves(self) -> (f64, f64) {
        match self {
            Self::Circle(radius) => (radius, radius),
            Self::Box { width, height } => (width / 2.0, height / 2.0),
        }
    }

    /// From where to where places may be inside: what is a box in metres is none in degrees.
    fn bounds(self, middle: Point) -> Area {
        let (width, height) = self.halves();
        let north = height / RADIUS / DEGREE;
        // A degree of longitude is shortest at the edge that is nearest to a pole.
        let edge = if middle.latitude < 0.0 { middle.latitude - north } else { middle.latitude + north };
        let east = width / RADIUS / libm::cos(edge * DEGREE) / DEGREE;
        let around = |middle: f64, by: f64| super::hash::Range { min: middle - by, max: middle + by };
        Area { longitude: around(middle.longitude, east), latitude: around(middle.latitude, north) }
    }

    /// How small cells may be of which nine next to each other hold the shape.
    fn steps(self, latitude: f64) -> u32 {
        let (width, height) = self.halves();
        let mut reach = match self {
            Self::Circle(radius) => radius,
            Self::Box { .. } => (width * width + height * height).sqrt(),
        };
        if reach == 0.0 {
            return STEPS_MAX;
        }
        let mut steps = 1i64;
        while reach < MAP_MAX {
            reach *= 2.0;
            steps += 1;
        }
        steps -= 2;
        let latitude = latitude.abs();
        steps -= i64::from(latitude > 66.0) + i64::from(latitude > 80.0);
        steps.clamp(1, i64::from(STEPS_MAX)) as u32
    }
}
