// Compiled without contraction to fused multiply-add, which would round once
// where Java rounds twice (CMakeLists.txt).

#include "runtime/expr/java_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace millrace {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Constants cut in two, so that their sum has more bits than a double.
constexpr double kPi = 3.14159265358979311600e+00;
constexpr double kPiLow = 1.2246467991473531772e-16;
constexpr double kHalfPi = 1.57079632679489655800e+00;
constexpr double kHalfPiLow = 6.12323399573676603587e-17;
constexpr double kQuarterPi = 7.85398163397448278999e-01;
constexpr double kLn2 = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kInverseLn2 = 1.44269504088896338700e+00;

// Where one formula takes over from another, the algorithms look at the upper
// half of the bits only.
uint32_t UpperHalf(double magnitude) {
  return static_cast<uint32_t>(std::bit_cast<uint64_t>(magnitude) >> 32);
}

double WithoutLowerHalf(double x) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(x) &
                               0xFFFFFFFF00000000u);
}

// c[0] + z * (c[1] + z * ...).
template <int kCount>
double Polynomial(const double (&c)[kCount], double z) {
  double sum = c[kCount - 1];
  for (int i = kCount - 2; i >= 0; --i) sum = c[i] + z * sum;
  return sum;
}

// (asin(x) - x) / x for z = x * x, |x| <= 0.5.
double AsinRatio(double z) {
  constexpr double kUpper[] = {
      1.66666666666666657415e-01,  -3.25565818622400915405e-01,
      2.01212532134862925881e-01,  -4.00555345006794114027e-02,
      7.91534994289814532176e-04,  3.47933107596021167570e-05};
  constexpr double kLower[] = {1.0, -2.40339491173441421878e+00,
                               2.02094576023350569471e+00,
                               -6.88283971605453293030e-01,
                               7.70381505559019352791e-02};
  return z * Polynomial(kUpper, z) / Polynomial(kLower, z);
}

// What is left of x after `steps` times ln 2, and what rounding lost of it.
struct Reduced {
  double value;
  double high;
  double low;
  int steps;
};

Reduced TakeLn2(double x, uint32_t upper) {
  constexpr uint32_t kOneAndAHalfLn2 = 0x3FF0A2B2;
  Reduced out{};
  out.steps = x > 0 ? 1 : -1;
  if (upper >= kOneAndAHalfLn2) {
    out.steps = static_cast<int>(kInverseLn2 * x + (x > 0 ? 0.5 : -0.5));
  }
  out.high = x - out.steps * kLn2;
  out.low = out.steps * kLn2Low;
  out.value = out.high - out.low;
  return out;
}

constexpr uint32_t kHalfLn2 = 0x3FD62E42;

double Exp(double x) {
  constexpr double kTerms[] = {
      1.66666666666666019037e-01, -2.77777777770155933842e-03,
      6.61375632143793436117e-05, -1.65339022054652515390e-06,
      4.13813679705723846039e-08};
  constexpr uint32_t kTiny = 0x3E300000;  // 2^-28
  const uint32_t upper = UpperHalf(std::fabs(x));
  Reduced part{.value = x};
  if (upper > kHalfLn2) {
    part = TakeLn2(x, upper);
  } else if (upper < kTiny) {
    return 1.0 + x;
  }
  x = part.value;
  const double square = x * x;
  const double c = x - square * Polynomial(kTerms, square);
  if (part.steps == 0) return 1.0 - ((x * c) / (c - 2.0) - x);
  const double y = 1.0 - ((part.low - (x * c) / (2.0 - c)) - part.high);
  return std::ldexp(y, part.steps);
}

// exp(x) - 1, of the reduced part and put together again.
double ExpMinusOne(double x) {
  constexpr double kTerms[] = {
      1.0,
      -3.33333333333331316428e-02, 1.58730158725481460165e-03,
      -7.93650757867487942473e-05, 4.00821782732936239552e-06,
      -2.01099218183624371326e-07};
  constexpr uint32_t kTiny = 0x3C900000;  // 2^-54
  const uint32_t upper = UpperHalf(std::fabs(x));
  Reduced part{.value = x};
  double lost = 0;
  if (upper > kHalfLn2) {
    part = TakeLn2(x, upper);
    lost = (part.high - part.value) - part.low;
  } else if (upper < kTiny) {
    return x;
  }
  x = part.value;
  const double half = 0.5 * x;
  const double half_square = x * half;
  const double r = Polynomial(kTerms, half_square);
  const double t = 3.0 - r * half;
  double e = half_square * ((r - t) / (6.0 - x * t));
  const int steps = part.steps;
  if (steps == 0) return x - (x * e - half_square);
  e = (x * (e - lost) - lost) - half_square;
  if (steps == -1) return 0.5 * (x - e) - 0.5;
  if (steps == 1) {
    return x < -0.25 ? -2.0 * (e - (x + 0.5)) : 1.0 + 2.0 * (x - e);
  }
  if (steps <= -2 || steps > 56) {
    return std::ldexp(1.0 - (e - x), steps) - 1.0;
  }
  const double small = std::ldexp(1.0, -steps);
  return std::ldexp(steps < 20 ? (1.0 - small) - (e - x)
                               : (x - (e + small)) + 1.0,
                    steps);
}

// Upper halves of the magnitudes at which exp needs no -x term, overflows,
// and, as bits, at which its half does.
constexpr uint32_t kTwentyTwo = 0x40360000;
constexpr uint32_t kLogOfMost = 0x40862E42;
constexpr uint64_t kLogOfTwiceMost = 0x408633CE8FB9F87D;

// factor * exp(magnitude), which may be finite where exp alone is not.
double ScaledExp(double factor, double magnitude) {
  if (UpperHalf(magnitude) < kLogOfMost) return factor * Exp(magnitude);
  if (std::bit_cast<uint64_t>(magnitude) > kLogOfTwiceMost) {
    return factor * kInfinity;
  }
  const double root = Exp(0.5 * magnitude);
  return (factor * root) * root;
}

}  // namespace

double JavaAsin(double x) {
  const double magnitude = std::fabs(x);
  if (!(magnitude <= 1)) return kNan;
  if (magnitude == 1) return x * kHalfPi + x * kHalfPiLow;
  if (magnitude < 0.5) {
    constexpr uint32_t kTiny = 0x3E400000;  // 2^-27
    return UpperHalf(magnitude) < kTiny ? x : x + x * AsinRatio(x * x);
  }
  const double t = (1.0 - magnitude) * 0.5;
  const double s = std::sqrt(t);
  const double ratio = AsinRatio(t);
  constexpr uint32_t kNearOne = 0x3FEF3333;  // 0.975
  double angle;
  if (UpperHalf(magnitude) >= kNearOne) {
    angle = kHalfPi - (2.0 * (s + s * ratio) - kHalfPiLow);
  } else {
    const double upper = WithoutLowerHalf(s);
    const double rest = (t - upper * upper) / (s + upper);
    const double p = 2.0 * s * ratio - (kHalfPiLow - 2.0 * rest);
    angle = kQuarterPi - (p - (kQuarterPi - 2.0 * upper));
  }
  return x > 0 ? angle : -angle;
}

double JavaAcos(double x) {
  const double magnitude = std::fabs(x);
  if (!(magnitude <= 1)) return kNan;
  if (magnitude == 1) return x > 0 ? 0.0 : kPi + 2.0 * kHalfPiLow;
  if (magnitude < 0.5) {
    constexpr uint32_t kTiny = 0x3C600000;  // 2^-57
    if (UpperHalf(magnitude) <= kTiny) return kHalfPi + kHalfPiLow;
    return kHalfPi - (x - (kHalfPiLow - x * AsinRatio(x * x)));
  }
  const double z = (1.0 - magnitude) * 0.5;
  const double s = std::sqrt(z);
  const double ratio = AsinRatio(z);
  if (x < 0) return kPi - 2.0 * (s + (ratio * s - kHalfPiLow));
  const double upper = WithoutLowerHalf(s);
  const double rest = (z - upper * upper) / (s + upper);
  return 2.0 * (upper + (ratio * s + rest));
}

double JavaAtan(double x) {
  constexpr double kEven[] = {
      3.33333333333329318027e-01, 1.42857142725034663711e-01,
      9.09088713343650656196e-02, 6.66107313738753120669e-02,
      4.97687799461593236017e-02, 1.62858201153657823623e-02};
  constexpr double kOdd[] = {
      -1.99999999998764832476e-01, -1.11111104054623557880e-01,
      -7.69187620504482999495e-02, -5.83357013379057348645e-02,
      -3.65315727442169155270e-02};
  // atan of 0.5, 1, 1.5 and infinity.
  constexpr double kAngle[] = {4.63647609000806093515e-01, kQuarterPi,
                               9.82793723247329054082e-01, kHalfPi};
  constexpr double kAngleLow[] = {
      2.26987774529616870924e-17, 3.06161699786838301793e-17,
      1.39033110312309984516e-17, kHalfPiLow};
  if (std::isnan(x)) return x;
  const double magnitude = std::fabs(x);
  const uint32_t upper = UpperHalf(magnitude);
  if (upper >= 0x44100000) {  // 2^66
    return std::copysign(kAngle[3] + kAngleLow[3], x);
  }
  if (upper < 0x3E200000) return x;  // 2^-29
  int about = -1;
  double t = x;
  if (upper >= 0x40038000) {  // 2.4375
    about = 3;
    t = -1.0 / magnitude;
  } else if (upper >= 0x3FF30000) {  // 1.1875
    about = 2;
    t = (magnitude - 1.5) / (1.0 + 1.5 * magnitude);
  } else if (upper >= 0x3FE60000) {  // 0.6875
    about = 1;
    t = (magnitude - 1.0) / (magnitude + 1.0);
  } else if (upper >= 0x3FDC0000) {  // 0.4375
    about = 0;
    t = (2.0 * magnitude - 1.0) / (2.0 + magnitude);
  }
  const double z = t * t;
  const double w = z * z;
  const double sum = z * Polynomial(kEven, w) + w * Polynomial(kOdd, w);
  if (about < 0) return t - t * sum;
  const double angle = kAngle[about] - ((t * sum - kAngleLow[about]) - t);
  return x < 0 ? -angle : angle;
}

double JavaAtan2(double y, double x) {
  if (std::isnan(x) || std::isnan(y)) return kNan;
  // Whole eighths of a turn: nothing to round differently.
  if (x == 0 || y == 0 || std::isinf(x) || std::isinf(y)) {
    return std::atan2(y, x);
  }
  if (x == 1.0) return JavaAtan(y);
  const int exponents = (static_cast<int>(UpperHalf(std::fabs(y))) -
                         static_cast<int>(UpperHalf(std::fabs(x)))) >> 20;
  double angle;
  if (exponents > 60) {
    angle = kHalfPi + 0.5 * kPiLow;
  } else if (x < 0 && exponents < -60) {
    angle = 0;
  } else {
    angle = JavaAtan(std::fabs(y / x));
  }
  if (x < 0) angle = kPi - (angle - kPiLow);
  return std::copysign(angle, y);
}

double JavaSinh(double x) {
  if (!std::isfinite(x)) return x;
  const double magnitude = std::fabs(x);
  const double half = std::copysign(0.5, x);
  const uint32_t upper = UpperHalf(magnitude);
  if (upper >= kTwentyTwo) return ScaledExp(half, magnitude);
  if (upper < 0x3E300000) return x;  // 2^-28
  const double t = ExpMinusOne(magnitude);
  if (magnitude < 1) return half * (2.0 * t - t * t / (t + 1.0));
  return half * (t + t / (t + 1.0));
}

double JavaCosh(double x) {
  if (!std::isfinite(x)) return x * x;
  const double magnitude = std::fabs(x);
  const uint32_t upper = UpperHalf(magnitude);
  if (upper >= kTwentyTwo) return ScaledExp(0.5, magnitude);
  if (upper > kHalfLn2) {
    const double t = Exp(magnitude);
    return 0.5 * t + 0.5 / t;
  }
  const double t = ExpMinusOne(magnitude);
  const double w = 1.0 + t;
  return upper < 0x3C800000 ? w : 1.0 + (t * t) / (w + w);  // 2^-55
}

double JavaTanh(double x) {
  if (std::isnan(x)) return x;
  const double magnitude = std::fabs(x);
  if (UpperHalf(magnitude) >= kTwentyTwo) return std::copysign(1.0, x);
  if (UpperHalf(magnitude) < 0x3C800000) return x * (1.0 + x);  // 2^-55
  double z;
  if (magnitude >= 1) {
    z = 1.0 - 2.0 / (ExpMinusOne(2.0 * magnitude) + 2.0);
  } else {
    const double t = ExpMinusOne(-2.0 * magnitude);
    z = -t / (t + 2.0);
  }
  return std::copysign(z, x);
}

double JavaLog10(double x) {
  return static_cast<double>(std::log10(static_cast<long double>(x)));
}

}  // namespace millrace
