//! What was measured, and whether it keeps its limit.

/// One thing measured several times; at least once.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// From the least to the most.
    sorted: Vec<f64>,
}

impl Samples {
    /// `None` without a sample, or with one that is no number.
    pub fn new(mut samples: Vec<f64>) -> Option<Self> {
        if samples.is_empty() || samples.iter().any(|sample| sample.is_nan()) {
            return None;
        }
        samples.sort_by(f64::total_cmp);
        Some(Self { sorted: samples })
    }

    /// Half of them are not above it, half not below.
    pub fn median(&self) -> f64 {
        let (lower, upper) = ((self.sorted.len() - 1) / 2, self.sorted.len() / 2);
        f64::midpoint(self.sorted[lower], self.sorted[upper])
    }

    /// The smallest.
    pub fn least(&self) -> f64 {
        self.sorted[0]
    }

    /// The largest.
    pub fn most(&self) -> f64 {
        self.sorted[self.sorted.len() - 1]
    }

    /// All, from the least to the most.
    pub fn all(&self) -> &[f64] {
        &self.sorted
    }
}

/// What a median must keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// It is less than this.
    Below(f64),
    /// It is no more than so many times the empty window's.
    TimesTheEmptyWindow(f64),
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was measured.
    pub name: &'static str,
    /// Of every number here but the ratio.
    pub unit: &'static str,
    /// The app's.
    pub app: Samples,
    /// The empty window's, where it has such a thing.
    pub empty: Option<Samples>,
    /// What the app's must keep.
    pub limit: Limit,
}

impl Figure {
    /// The app's median over the empty window's; `None` where that has none, or nothing.
    pub fn ratio(&self) -> Option<f64> {
        let empty = self.empty.as_ref()?.median();
        (empty > 0.0).then(|| self.app.median() / empty)
    }

    /// Whether the limit is kept. One that cannot be told is not.
    pub fn is_within(&self) -> bool {
        match self.limit {
            Limit::Below(limit) => self.app.median() < limit,
            Limit::TimesTheEmptyWindow(times) => self.ratio().is_some_and(|ratio| ratio <= times),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(samples: &[f64]) -> Samples {
        Samples::new(samples.to_vec()).expect("there are some")
    }

    fn figure(app: &[f64], empty: Option<&[f64]>, limit: Limit) -> Figure {
        Figure { name: "", unit: "", app: samples(app), empty: empty.map(samples), limit }
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert_eq!(samples(&[9.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(samples(&[8.0, 1.0, 2.0, 4.0]).median(), 3.0);
        assert_eq!(samples(&[5.0]).median(), 5.0);
    }

    #[test]
    fn the_least_and_the_most_do_not_depend_on_the_order() {
        let samples = samples(&[3.0, 11.0, 2.0, 10.0]);
        assert_eq!((samples.least(), samples.most()), (2.0, 11.0));
        assert_eq!(samples.all(), [2.0, 3.0, 10.0, 11.0]);
    }

    #[test]
    fn without_a_number_there_is_no_median() {
        assert_eq!(Samples::new(vec![]), None);
        assert_eq!(Samples::new(vec![1.0, f64::NAN]), None);
    }

    #[test]
    fn a_limit_is_kept_by_the_median_not_by_the_worst() {
        let below = Limit::Below(0.7);
        assert!(figure(&[0.1, 0.6, 2.0], None, below).is_within());
        assert!(!figure(&[0.1, 0.7, 0.8], None, below).is_within());
    }

    #[test]
    fn a_ratio_is_of_the_medians() {
        let limit = Limit::TimesTheEmptyWindow(1.1);
        let equal = figure(&[1.0, 110.0, 400.0], Some(&[90.0, 100.0, 110.0]), limit);
        assert_eq!(equal.ratio(), Some(1.1));
        assert!(equal.is_within());
        assert!(!figure(&[111.0], Some(&[100.0]), limit).is_within());
    }

    #[test]
    fn a_ratio_to_nothing_keeps_no_limit() {
        let limit = Limit::TimesTheEmptyWindow(1.1);
        assert!(!figure(&[1.0], None, limit).is_within());
        assert!(!figure(&[1.0], Some(&[0.0]), limit).is_within());
    }
}
