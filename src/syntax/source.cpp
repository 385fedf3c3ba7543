// Decoding of source text.
#include "syntax/source.h"

#include <cstring>

#include "object/containers.h"
#include "object/int.h"
#include "object/str.h"
#include "syntax/parse.h"

namespace adder::syntax {

namespace {

bool cookie_char(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' || c == '.';
}

// utf-8 and latin-1 have many names.
std::string normal_name(std::string_view name) {
  std::string lower;
  for (char c : name.substr(0, 12)) lower += c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  auto is = [&](std::string_view base) { return lower == base || (lower.starts_with(base) && lower[base.size()] == '-'); };
  if (is("utf-8")) return "utf-8";
  if (is("latin-1") || is("iso-8859-1") || is("iso-latin-1")) return "iso-8859-1";
  return std::string(name);
}

bool fail(Value filename, const std::string& message) {
  Ref text = str_from_utf8(message, "replace");
  Ref where = text ? tuple_of({filename, Value::from_int(0), Value::from_int(-1), none()}) : Ref{};
  Ref args = where ? tuple_of({text.get(), where.get()}) : Ref{};
  if (args) raise_value(PyExc_SyntaxError, args);
  return false;
}

}  // namespace

std::string source_cookie(std::string_view source) {
  for (int line = 0; line < 2; line++) {
    size_t end = source.find_first_of("\r\n");
    std::string_view text = source.substr(0, end);
    size_t i = 0;
    while (i < text.size() && (text[i] == ' ' || text[i] == '\t' || text[i] == '\f')) i++;
    if (i < text.size() && text[i] != '#') return {};
    for (size_t at = text.find("coding", i); at != text.npos; at = text.find("coding", at + 1)) {
      size_t p = at + 6;
      if (p >= text.size() || (text[p] != ':' && text[p] != '=')) continue;
      do p++; while (p < text.size() && (text[p] == ' ' || text[p] == '\t'));
      size_t begin = p;
      while (p < text.size() && cookie_char(text[p])) p++;
      if (p > begin) return normal_name(text.substr(begin, p - begin));
    }
    if (end == source.npos) return {};
    size_t skip = source[end] == '\r' && end + 1 < source.size() && source[end + 1] == '\n' ? 2 : 1;
    source.remove_prefix(end + skip);
  }
  return {};
}

bool decode_source(std::string_view source, bool is_utf8, bool add_newline, Value filename, std::string* out, Origin* origin) {
  Ref decoded;
  *origin = Origin::kChecked;
  if (!is_utf8) {
    bool bom = source.starts_with("\xEF\xBB\xBF");
    if (bom) source.remove_prefix(3);
    std::string cookie = source_cookie(source);
    *origin = !bom && cookie.empty() ? Origin::kRaw : Origin::kNamed;
    if (!cookie.empty() && cookie != "utf-8") {
      if (bom) return fail(filename, "encoding problem: " + cookie + " with BOM");
      decoded = bytes_decode(source.data(), static_cast<Py_ssize_t>(source.size()), cookie.c_str(), nullptr);
      if (!decoded) {
        if (!error_matches(PyExc_LookupError) && !error_matches(PyExc_ValueError)) return false;
        Ref error = take_error();
        Ref text = to_str(error);
        std::string_view bytes = text ? str_utf8(text) : std::string_view{};
        return bytes.data() ? fail(filename, std::string(bytes)) : false;
      }
      *origin = Origin::kChecked;
      if (!is_str(decoded)) return fail(filename, "encoding problem: " + cookie);
      source = str_utf8(decoded);
      if (!source.data()) return false;
    }
  }
  out->clear();
  out->reserve(source.size() + 4);
  if (!std::memchr(source.data(), '\r', source.size())) {
    out->assign(source);
  } else {
    for (size_t i = 0; i < source.size(); i++) {
      char c = source[i];
      if (c == '\r') {
        c = '\n';
        if (i + 1 < source.size() && source[i + 1] == '\n') i++;
      }
      out->push_back(c);
    }
  }
  if (add_newline && !out->empty() && out->back() != '\n') out->push_back('\n');
  return true;
}

bool check_file_encoding(std::string_view source, Value filename) {
  bool bom = source.starts_with("\xEF\xBB\xBF");
  if (bom) source.remove_prefix(3);
  std::string cookie = source_cookie(source);
  if (!cookie.empty() && cookie != "utf-8") {
    if (bom) return raise(PyExc_SyntaxError, "encoding problem: %s with BOM", cookie.c_str());
    Ref decoded = bytes_decode(source.data(), static_cast<Py_ssize_t>(source.size()), cookie.c_str(), nullptr);
    if (decoded) return true;
    if (!error_matches(PyExc_LookupError) && !error_matches(PyExc_ValueError)) return false;
    clear_error();
    return raise(PyExc_SyntaxError, "encoding problem: %s", cookie.c_str());
  }
  if (bom || !cookie.empty() || str_from_utf8(source)) return true;
  if (!error_matches(PyExc_UnicodeDecodeError)) return false;
  Ref error = take_error();
  Ref start = getattr(error, "start"_id);
  int64_t at;
  if (!start || !as_i64(start, &at)) return false;
  int line = 1;
  for (char c : source.substr(0, static_cast<size_t>(at))) line += c == '\n';
  return raise(PyExc_SyntaxError,
               "Non-UTF-8 code starting with '\\x%.2x' in file %U on line %i, but no encoding declared; "
               "see https://peps.python.org/pep-0263/ for details",
               static_cast<uint8_t>(source[static_cast<size_t>(at)]), filename, line);
}

}  // namespace adder::syntax
