// Distribution functions and quantiles, from the GNU Scientific Library.
//
// Arguments are checked here, because the library's own error handler ends the process.

import CGSL

/// Student's t distribution.
public enum StudentDistribution {
  /// The value below which a share of `probability` lies.
  ///
  /// Worked values: (0.975, 4) is 2.776, (0.975, 9) is 2.262, (0.995, 9) is 3.250.
  /// - Precondition: probability between 0 and 1, ends excluded; degrees of freedom above 0.
  public static func quantile(_ probability: Double, degreesOfFreedom: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a quantile needs a probability in (0, 1)")
    precondition(degreesOfFreedom > 0, "Student's t needs degrees of freedom")
    return gsl_cdf_tdist_Pinv(probability, degreesOfFreedom)
  }

  /// The probability of a value up to `x`.
  public static func cumulative(_ x: Double, degreesOfFreedom: Double) -> Double {
    precondition(degreesOfFreedom > 0, "Student's t needs degrees of freedom")
    return gsl_cdf_tdist_P(x, degreesOfFreedom)
  }
}

/// The chi-square distribution.
public enum ChiSquareDistribution {
  /// The probability of a value above `x`.
  /// - Precondition: degrees of freedom above 0.
  public static func upperTail(_ x: Double, degreesOfFreedom: Double) -> Double {
    precondition(degreesOfFreedom > 0, "chi-square needs degrees of freedom")
    return x <= 0 ? 1 : gsl_cdf_chisq_Q(x, degreesOfFreedom)
  }
}

/// The number of successes in independent trials.
public enum BinomialDistribution {
  /// The probability of at most `successes` in `trials`.
  ///
  /// From the incomplete beta function, so that the cost does not grow with the trials.
  /// - Precondition: probability in 0...1, `trials >= 0`.
  public static func cumulative(
    _ successes: Int64, trials: Int64, probability: Double
  ) -> Double {
    precondition(probability >= 0 && probability <= 1 && trials >= 0, "no binomial distribution")
    if successes < 0 { return 0 }
    if successes >= trials { return 1 }
    if probability == 0 { return 1 }
    if probability == 1 { return 0 }
    return gsl_cdf_beta_Q(probability, Double(successes) + 1, Double(trials - successes))
  }
}

/// The standard normal distribution.
public enum GaussianDistribution {
  /// The probability of a value up to `x`.
  public static func cumulative(_ x: Double) -> Double { gsl_cdf_ugaussian_P(x) }

  /// The value below which a share of `probability` lies.
  /// - Precondition: probability between 0 and 1, ends excluded.
  public static func quantile(_ probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a quantile needs a probability in (0, 1)")
    return gsl_cdf_ugaussian_Pinv(probability)
  }
}
