// Discrete Fourier transforms: plans by length, kept for the next call.
#include "array/fft/fft.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace adder::array {

namespace {

template <class T>
struct Number {
  T re, im;
  Number operator+(Number b) const { return {re + b.re, im + b.im}; }
  Number operator-(Number b) const { return {re - b.re, im - b.im}; }
  Number operator*(Number b) const { return {re * b.re - im * b.im, re * b.im + im * b.re}; }
  Number operator*(T b) const { return {re * b, im * b}; }
  Number conjugate() const { return {re, -im}; }
};

// ---- roots of unity ----------------------------------------------------------------------------------------------------------

// e^(-2 pi i k / n), right to the last bit or nearly so: from two tables of a square root's length in long double, over an eighth of the
// circle, so that the landmarks are exact.
class Roots {
 public:
  explicit Roots(index_t n) : n_(n) {
    while (step_ * step_ < n) step_ *= 2;
    const long double unit = 0.25L * 3.14159265358979323846264338327950288L / static_cast<long double>(n);
    for (index_t i = 0; i < step_; ++i) fine_.push_back(at(unit, i));
    for (index_t i = 0; i * step_ <= n; ++i) coarse_.push_back(at(unit, i * step_));
  }

  template <class T>
  Number<T> get(index_t k) const {
    // The angle in units of 1 / 8n of the circle, folded into the first eighth.
    index_t a = k % n_ * 8;
    const bool below = a > 4 * n_;
    if (below) a = 8 * n_ - a;
    const bool left = a > 2 * n_;
    if (left) a = 4 * n_ - a;
    const bool steep = a > n_;
    if (steep) a = 2 * n_ - a;
    const Number<long double> x = coarse_[static_cast<std::size_t>(a / step_)] * fine_[static_cast<std::size_t>(a % step_)];
    long double c = steep ? x.im : x.re, s = steep ? x.re : x.im;
    if (left) c = -c;
    return {static_cast<T>(c), static_cast<T>(below ? s : -s)};
  }

 private:
  static Number<long double> at(long double unit, index_t i) {
    const long double angle = unit * static_cast<long double>(i);
    return {std::cos(angle), std::sin(angle)};
  }

  index_t n_, step_ = 1;
  std::vector<Number<long double>> fine_, coarse_;
};

// ---- butterflies ---------------------------------------------------------------------------------------------------------------

// Times -i on the way forward, times i on the way back.
template <bool forward, class T>
inline Number<T> turned(Number<T> a) {
  if constexpr (forward) return {a.im, -a.re};
  else return {-a.im, a.re};
}
// Times a root, or its conjugate on the way back.
template <bool forward, class T>
inline Number<T> rotated(Number<T> a, Number<T> root) { return forward ? a * root : a * root.conjugate(); }

// The transform of r numbers.
template <int r, bool forward, class T>
inline void butterfly(Number<T>* x) {
  using N = Number<T>;
  if constexpr (r == 2) {
    const N a = x[0], b = x[1];
    x[0] = a + b;
    x[1] = a - b;
  } else if constexpr (r == 3) {
    const N sum = x[1] + x[2], middle = x[0] - sum * T(0.5), side = turned<forward>((x[1] - x[2]) * T(0.866025403784438646763723170752936183L));
    x[0] = x[0] + sum;
    x[1] = middle + side;
    x[2] = middle - side;
  } else if constexpr (r == 4) {
    const N a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = turned<forward>(x[1] - x[3]);
    x[0] = a + c;
    x[1] = b + d;
    x[2] = a - c;
    x[3] = b - d;
  } else {
    static_assert(r == 5);
    constexpr T c1 = T(0.309016994374947424102293417182819059L), s1 = T(0.951056516295153572116439333379382143L);
    constexpr T c2 = T(-0.809016994374947424102293417182819059L), s2 = T(0.587785252292473129168705954639072769L);
    const N a = x[1] + x[4], b = x[2] + x[3], c = x[1] - x[4], d = x[2] - x[3];
    const N p = x[0] + a * c1 + b * c2, q = x[0] + a * c2 + b * c1;
    const N u = turned<forward>(c * s1 + d * s2), v = turned<forward>(c * s2 - d * s1);
    x[0] = x[0] + a + b;
    x[1] = p + u;
    x[2] = q + v;
    x[3] = q - v;
    x[4] = p - u;
  }
}

struct Pass {
  int radix;
  index_t stride, count;  // product of the radices before; of those after
  std::size_t twiddles;   // where its roots begin
};

// One pass: `count` groups of butterflies, each over `stride` neighbours.
template <int r, bool forward, class T>
void run_pass(const Pass& pass, const Number<T>* twiddles, const Number<T>* from, Number<T>* to) {
  const index_t s = pass.stride, m = pass.count;
  for (index_t p = 0; p < m; ++p) {
    Number<T> w[r];
    for (int k = 1; k < r; ++k) w[k] = twiddles[p * (r - 1) + k - 1];
    const Number<T>* in = from + s * p;
    Number<T>* out = to + s * r * p;
    for (index_t q = 0; q < s; ++q) {
      Number<T> x[r];
      for (int k = 0; k < r; ++k) x[k] = in[q + s * m * k];
      butterfly<r, forward>(x);
      out[q] = x[0];
      for (int k = 1; k < r; ++k) out[q + s * k] = rotated<forward>(x[k], w[k]);
    }
  }
}

// Any other radix, by the definition; `roots` has the radix's own.
template <bool forward, class T>
void run_odd_pass(const Pass& pass, const Number<T>* twiddles, const Number<T>* roots, Number<T>* x, const Number<T>* from, Number<T>* to) {
  const index_t s = pass.stride, m = pass.count;
  const int r = pass.radix, half = r / 2;
  for (index_t p = 0; p < m; ++p)
    for (index_t q = 0; q < s; ++q) {
      const Number<T>* in = from + q + s * p;
      Number<T>* out = to + q + s * r * p;
      // Sums and differences of opposite places: cosines go with the ones, sines with the others.
      x[0] = in[0];
      Number<T> all = in[0];
      for (int k = 1; k <= half; ++k) {
        const Number<T> a = in[s * m * k], b = in[s * m * (r - k)];
        x[k] = a + b;
        x[r - k] = a - b;
        all = all + x[k];
      }
      out[0] = all;
      for (int j = 1; j <= half; ++j) {
        Number<T> even = x[0], odd{0, 0};
        for (int k = 1, at = j; k <= half; ++k) {
          even = even + x[k] * roots[at].re;
          odd = odd + x[r - k] * -roots[at].im;
          at += j;
          if (at >= r) at -= r;
        }
        odd = turned<forward>(odd);
        out[s * j] = rotated<forward>(even + odd, twiddles[p * (r - 1) + j - 1]);
        out[s * (r - j)] = rotated<forward>(even - odd, twiddles[p * (r - 1) + r - j - 1]);
      }
    }
}

// ---- plans ------------------------------------------------------------------------------------------------------------------------

std::vector<int> radices(index_t n) {
  std::vector<int> found;
  for (int r : {4, 2, 3, 5})
    for (; n % r == 0; n /= r) found.push_back(r);
  for (index_t r = 7; r * r <= n; r += 2)
    for (; n % r == 0; n /= r) found.push_back(static_cast<int>(std::min<index_t>(r, 1 << 30)));
  if (n > 1) found.push_back(static_cast<int>(std::min<index_t>(n, 1 << 30)));
  return found;
}

double cost(index_t n) {
  double sum = 0;
  for (int r : radices(n)) sum += r <= 5 ? r : 1.1 * r;
  return sum * static_cast<double>(n);
}

// The least product of 2, 3, 5 that is not below n.
index_t smooth_length(index_t n) {
  index_t best = 1;
  while (best < n) best *= 2;
  for (index_t fives = 1; fives < best; fives *= 5)
    for (index_t threes = fives; threes < best; threes *= 3) {
      index_t x = threes;
      while (x < n) x *= 2;
      best = std::min(best, x);
    }
  return best;
}

template <class T>
class Plan {
 public:
  using N = Number<T>;

  explicit Plan(index_t n) : n_(n) {
    if (n > 50) {
      const index_t length = smooth_length(2 * n - 1);
      if (2 * cost(length) * 1.5 < cost(n)) {
        begin_convolution(length);
        return;
      }
    }
    const Roots roots(n);
    index_t stride = 1, rest = n;
    for (int r : radices(n)) {
      rest /= r;
      passes_.push_back({r, stride, rest, twiddles_.size()});
      for (index_t p = 0; p < rest; ++p)
        for (int k = 1; k < r; ++k) twiddles_.push_back(roots.get<T>(p * k * stride));
      if (r > 5) {
        const Roots own(r);
        odd_roots_.emplace_back();
        for (int k = 0; k < r; ++k) odd_roots_.back().push_back(own.get<T>(k));
        most_ = std::max(most_, r);
      }
      stride *= r;
    }
  }

  index_t length() const { return n_; }
  // Numbers of working room that `run` needs.
  index_t room() const { return inner_ ? 2 * inner_->n_ + most_ : n_ + most_; }

  // Transforms in place.
  template <bool forward>
  void run(N* data, N* work) const {
    if (inner_) return convolve<forward>(data, work);
    N *from = data, *to = work;
    std::size_t odd = 0;
    for (const Pass& pass : passes_) {
      const N* w = twiddles_.data() + pass.twiddles;
      switch (pass.radix) {
        case 2: run_pass<2, forward>(pass, w, from, to); break;
        case 3: run_pass<3, forward>(pass, w, from, to); break;
        case 4: run_pass<4, forward>(pass, w, from, to); break;
        case 5: run_pass<5, forward>(pass, w, from, to); break;
        default: run_odd_pass<forward>(pass, w, odd_roots_[odd++].data(), work + n_, from, to);
      }
      std::swap(from, to);
    }
    if (from != data) std::memcpy(static_cast<void*>(data), from, static_cast<std::size_t>(n_) * sizeof(N));
  }

 private:
  // Bluestein: j k = (j^2 + k^2 - (j - k)^2) / 2 makes the transform a convolution with a chirp.
  void begin_convolution(index_t length) {
    inner_ = std::make_unique<Plan>(length);
    const Roots roots(2 * n_);
    index_t square = 0;
    for (index_t k = 0; k < n_; ++k) {
      chirp_.push_back(roots.get<T>(square));
      square = (square + 2 * k + 1) % (2 * n_);  // (k + 1)^2
    }
    std::vector<N> work(static_cast<std::size_t>(inner_->room()));
    filter_.assign(static_cast<std::size_t>(length), N{0, 0});
    const T scale = T(1) / static_cast<T>(length);
    for (index_t k = 0; k < n_; ++k) {
      const N x = chirp_[static_cast<std::size_t>(k)].conjugate() * scale;
      filter_[static_cast<std::size_t>(k)] = x;
      if (k) filter_[static_cast<std::size_t>(length - k)] = x;
    }
    inner_->template run<true>(filter_.data(), work.data());
    most_ = inner_->most_;
  }

  template <bool forward>
  void convolve(N* data, N* work) const {
    const index_t length = inner_->n_;
    N *a = work, *rest = work + length;
    for (index_t k = 0; k < n_; ++k) a[k] = rotated<forward>(data[k], chirp_[static_cast<std::size_t>(k)]);
    std::memset(static_cast<void*>(a + n_), 0, static_cast<std::size_t>(length - n_) * sizeof(N));
    inner_->template run<true>(a, rest);
    for (index_t k = 0; k < length; ++k) a[k] = rotated<forward>(a[k], filter_[static_cast<std::size_t>(k)]);
    inner_->template run<false>(a, rest);
    for (index_t k = 0; k < n_; ++k) data[k] = rotated<forward>(a[k], chirp_[static_cast<std::size_t>(k)]);
  }

  index_t n_;
  int most_ = 0;  // the largest radix beyond 5
  std::vector<Pass> passes_;
  std::vector<N> twiddles_;
  std::vector<std::vector<N>> odd_roots_;
  std::unique_ptr<Plan> inner_;
  std::vector<N> chirp_, filter_;
};

// A real transform of even length: half as many complex numbers, then the even and odd places are told apart by these roots.
template <class T>
struct RealPlan {
  Plan<T> plan;
  std::vector<Number<T>> roots;

  explicit RealPlan(index_t n) : plan(n % 2 == 0 && n > 0 ? n / 2 : n) {
    if (n % 2) return;
    const Roots all(n);
    for (index_t k = 0; k <= n / 4; ++k) roots.push_back(all.get<T>(k));
  }
};

// The plans used last.
template <class P>
std::shared_ptr<const P> plan_of(index_t n) {
  struct Entry {
    index_t n;
    std::uint64_t used;
    std::shared_ptr<const P> plan;
  };
  static std::mutex mutex;
  static std::vector<Entry>& cache = *new std::vector<Entry>;
  static std::uint64_t clock = 0;
  constexpr std::size_t most = 16;
  {
    std::lock_guard lock(mutex);
    for (Entry& e : cache)
      if (e.n == n) {
        e.used = ++clock;
        return e.plan;
      }
  }
  auto made = std::make_shared<const P>(n);
  std::lock_guard lock(mutex);
  if (cache.size() < most) {
    cache.push_back({n, ++clock, made});
  } else {
    *std::min_element(cache.begin(), cache.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; }) = {n, ++clock, made};
  }
  return made;
}

// ---- rows -----------------------------------------------------------------------------------------------------------------------------

template <class T>
void run_rows(const Number<T>* in, index_t length, Number<T>* out, index_t n, index_t rows, bool forward, T scale) {
  using N = Number<T>;
  const auto plan = plan_of<Plan<T>>(n);
  std::vector<N> work(static_cast<std::size_t>(plan->room()));
  const index_t taken = std::min(length, n);
  for (index_t row = 0; row < rows; ++row, in += length, out += n) {
    std::memcpy(static_cast<void*>(out), in, static_cast<std::size_t>(taken) * sizeof(N));
    std::memset(static_cast<void*>(out + taken), 0, static_cast<std::size_t>(n - taken) * sizeof(N));
    if (forward) plan->template run<true>(out, work.data());
    else plan->template run<false>(out, work.data());
    if (scale != 1)
      for (index_t i = 0; i < n; ++i) out[i] = out[i] * scale;
  }
}

template <class T>
void run_real_rows(const T* in, index_t length, Number<T>* out, index_t n, index_t rows, bool whole, T scale) {
  using N = Number<T>;
  const auto plan = plan_of<RealPlan<T>>(n);
  const index_t half = n / 2, taken = std::min(length, n);
  std::vector<N> work(static_cast<std::size_t>(plan->plan.room())), odd(static_cast<std::size_t>(n % 2 ? n : 0));
  for (index_t row = 0; row < rows; ++row, in += length, out += whole ? n : half + 1) {
    if (n % 2) {
      for (index_t i = 0; i < n; ++i) odd[static_cast<std::size_t>(i)] = {i < taken ? in[i] : 0, 0};
      plan->plan.template run<true>(odd.data(), work.data());
      std::memcpy(static_cast<void*>(out), odd.data(), static_cast<std::size_t>(half + 1) * sizeof(N));
      out[0].im = 0;
    } else {
      T* const flat = reinterpret_cast<T*>(out);
      std::memcpy(flat, in, static_cast<std::size_t>(taken) * sizeof(T));
      std::memset(flat + taken, 0, static_cast<std::size_t>(n - taken) * sizeof(T));
      plan->plan.template run<true>(out, work.data());
      const N first = out[0];
      out[0] = {first.re + first.im, 0};
      out[half] = {first.re - first.im, 0};
      for (index_t k = 1; k <= half / 2; ++k) {
        const N a = out[k], b = out[half - k].conjugate(), even = (a + b) * T(0.5), uneven = turned<true>((a - b) * T(0.5)) * plan->roots[static_cast<std::size_t>(k)];
        out[half - k] = (even - uneven).conjugate();
        out[k] = even + uneven;
      }
    }
    if (scale != 1)
      for (index_t i = 0; i <= half; ++i) out[i] = out[i] * scale;
    if (whole)
      for (index_t k = 1; k < n - half; ++k) out[n - k] = {out[k].re, 0 - out[k].im};  // no -0 from a 0
  }
}

template <class T>
void run_rows_to_real(const Number<T>* in, index_t length, T* out, index_t n, index_t rows, T scale) {
  using N = Number<T>;
  const auto plan = plan_of<RealPlan<T>>(n);
  const index_t half = n / 2, taken = std::min(length, half + 1);
  std::vector<N> work(static_cast<std::size_t>(plan->plan.room())), room(static_cast<std::size_t>(std::max(n, half + 1)));
  N* const x = room.data();
  for (index_t row = 0; row < rows; ++row, in += length, out += n) {
    std::memcpy(static_cast<void*>(x), in, static_cast<std::size_t>(taken) * sizeof(N));
    std::memset(static_cast<void*>(x + taken), 0, static_cast<std::size_t>(half + 1 - taken) * sizeof(N));
    x[0].im = 0;
    if (n % 2) {
      for (index_t k = 1; k <= half; ++k) x[n - k] = x[k].conjugate();
      plan->plan.template run<false>(x, work.data());
      for (index_t i = 0; i < n; ++i) out[i] = x[i].re * scale;
    } else {
      const T first = x[0].re, last = x[half].re;
      x[0] = {first + last, first - last};
      for (index_t k = 1; k <= half / 2; ++k) {
        const N a = x[k], b = x[half - k].conjugate(), even = a + b, uneven = turned<false>((a - b) * plan->roots[static_cast<std::size_t>(k)].conjugate());
        x[half - k] = (even - uneven).conjugate();
        x[k] = even + uneven;
      }
      plan->plan.template run<false>(x, work.data());
      const T* const flat = reinterpret_cast<const T*>(x);
      for (index_t i = 0; i < n; ++i) out[i] = flat[i] * scale;
    }
  }
}

// f<T>() in the dtype's precision; what the containers throw becomes an error.
template <class F>
bool in_precision(const DType* dtype, Error& error, F f) {
  try {
    if (dtype == &kComplex64) f.template operator()<float>();
    else f.template operator()<double>();
    return true;
  } catch (const std::bad_alloc&) {
    return error.fail(Code::no_memory);
  }
}

}  // namespace

bool transform(const DType* dtype, const char* in, index_t length, char* out, index_t n, index_t rows, bool forward, double scale, Error& error) {
  return in_precision(dtype, error, [&]<class T>() {
    run_rows<T>(reinterpret_cast<const Number<T>*>(in), length, reinterpret_cast<Number<T>*>(out), n, rows, forward, static_cast<T>(scale));
  });
}
bool transform_real(const DType* dtype, const char* in, index_t length, char* out, index_t n, index_t rows, bool whole, double scale, Error& error) {
  return in_precision(dtype, error, [&]<class T>() {
    run_real_rows<T>(reinterpret_cast<const T*>(in), length, reinterpret_cast<Number<T>*>(out), n, rows, whole, static_cast<T>(scale));
  });
}
bool transform_to_real(const DType* dtype, const char* in, index_t length, char* out, index_t n, index_t rows, double scale, Error& error) {
  return in_precision(dtype, error, [&]<class T>() {
    run_rows_to_real<T>(reinterpret_cast<const Number<T>*>(in), length, reinterpret_cast<T*>(out), n, rows, static_cast<T>(scale));
  });
}

}  // namespace adder::array
