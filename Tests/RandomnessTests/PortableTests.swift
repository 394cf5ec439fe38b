// The portable elementary functions against the C library and published constants.

import Glibc
import Randomness
import Testing

/// Drawn keys, sizes and arrival times go through these; an error in a coefficient would bias all.
@Suite struct PortableTests {
  @Test func exponentialAndLogarithmAreWithinAUnitInTheLastPlace() {
    var generator = Generator(seed: 3, stream: 0, index: 0)
    for _ in 0..<20_000 {
      let x = (generator.nextUnit() - 0.5) * 1_400
      expectNear(Portable.exp(x), exp(x), ulps: 1, "exp(\(x))")
      let y = exp((generator.nextUnit() - 0.5) * 1_400)
      expectNear(Portable.log(y), log(y), ulps: 1, "log(\(y))")
      let z = exp(-40 * generator.nextUnit()) * (generator.chance(0.5) ? 1 : -0.99)
      expectNear(Portable.expMinusOne(z), expm1(z), ulps: 4, "expm1(\(z))")
      expectNear(Portable.logOnePlus(z), log1p(z), ulps: 4, "log1p(\(z))")
      let turns = (generator.nextUnit() - 0.5) * 10
      #expect(abs(Portable.sine(turns: turns) - sin(2 * .pi * turns)) < 2e-14)
    }
  }

  /// Most draws take two at once; which go together must not matter.
  @Test func twoExponentialsAreOneByOne() {
    var generator = Generator(seed: 4, stream: 0, index: 0)
    let exponential = Portable.Exponential()
    for _ in 0..<20_000 {
      let (x, y) = ((generator.nextUnit() - 0.5) * 1_450, (generator.nextUnit() - 0.5) * 20)
      let both = exponential.ofBoth(SIMD2(x, y))
      #expect(both[0] == exponential(x) && both[1] == exponential(y), "exp of \(x) and \(y)")
    }
  }

  @Test func edges() {
    #expect(Portable.exp(0) == 1)
    #expect(Portable.exp(-746) == 0)
    #expect(Portable.exp(710) == .infinity)
    #expect(Portable.exp(-745) == exp(-745))
    #expect(Portable.exp(.nan).isNaN)
    #expect(Portable.log(1) == 0)
    #expect(Portable.log(0) == -.infinity)
    #expect(Portable.log(-1).isNaN)
    #expect(Portable.log(.infinity) == .infinity)
    let tiny = Double.leastNonzeroMagnitude
    #expect(Portable.log(tiny) == log(tiny))
    #expect(Portable.sine(turns: 0.25) == 1)
    #expect(Portable.sine(turns: -0.25) == -1)
    #expect(Portable.sine(turns: 0.5) == 0)
    #expect(Portable.expMinusOne(1e-300) == 1e-300)
    #expect(Portable.logOnePlus(-1e-300) == -1e-300)
  }

  /// The same bits on any machine: e is 2.718281828459045, its square 7.38905609893065.
  @Test func bitsArePinned() {
    #expect(Portable.exp(1).bitPattern == 0x4005_BF0A_8B14_5769)
    #expect(Portable.exp(2).bitPattern == 0x401D_8E64_B8D4_DDAE)
    #expect(Portable.log(10).bitPattern == 0x4002_6BB1_BBB5_5516)
    #expect(Portable.power(2, 10) == 1_024)
  }

  /// Quantiles as printed in tables of the normal distribution.
  @Test(arguments: [
    (0.5, 0.0), (0.9, 1.281_551_565_544_600_4), (0.95, 1.644_853_626_951_472_2),
    (0.975, 1.959_963_984_540_054), (0.99, 2.326_347_874_040_841),
    (0.999, 3.090_232_306_167_813_5), (0.01, -2.326_347_874_040_841),
  ])
  func normalQuantiles(probability: Double, quantile: Double) {
    #expect(abs(NormalDistribution.quantile(probability) - quantile) < 1e-12)
    #expect(abs(NormalDistribution.cumulative(quantile) - probability) < 1e-14)
  }

  @Test func normalDistributionMatchesTheErrorFunction() {
    for step in -90...90 {
      let x = Double(step) / 10
      #expect(abs(NormalDistribution.cumulative(x) - 0.5 * erfc(-x / 2.0.squareRoot())) < 2e-15)
    }
    #expect(NormalDistribution.quantile(0).isNaN)
    #expect(NormalDistribution.quantile(1).isNaN)
  }

  private func expectNear(_ a: Double, _ b: Double, ulps: Double, _ comment: Comment) {
    #expect(abs(a - b) <= ulps * max(b.ulp, Double.leastNormalMagnitude.ulp), comment)
  }
}
