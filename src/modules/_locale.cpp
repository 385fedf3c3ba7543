// The module _locale: the C library's locale functions.
#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <wchar.h>
#include <cerrno>
#include <climits>
#include <string>
#include "object/builtin.h"
#include "object/containers.h"
#include "object/int.h"
#include "object/object.h"
#include "object/str_impl.h"
#include "runtime/interpreter.h"

namespace adder {
namespace locale_module_ {

namespace {

PyObject* error_object = nullptr;

bool text_argument(const char* function, int number, Value v, std::string* out) {
  if (!is_str(v)) return raise(PyExc_TypeError, "%s() argument %d must be str, not %N", function, number, type_of(v));
  std::string_view t = str_utf8(v);
  if (!t.data()) return false;
  if (t.find('\0') != t.npos) return raise(PyExc_ValueError, "embedded null character");
  out->assign(t);
  return true;
}

Ref m_setlocale(Value, const Value* a) {
  int category;
  if (!as_int(a[0], &category)) return {};
  const char* result;
  if (a[1] && !is_none(a[1])) {
    std::string name;
    if (!text_argument("setlocale", 2, a[1], &name)) return {};
    result = setlocale(category, name.c_str());
    if (!result) return raise(error_object, "unsupported locale setting");
  } else {
    result = setlocale(category, nullptr);
    if (!result) return raise(error_object, "locale query failed");
  }
  return str_decode_fs(result);
}

Ref grouping_list(const char* s) {
  Ref list = list_new();
  if (!list || !*s) return list;
  for (int i = 0; s[i] != '\0' && s[i] != CHAR_MAX; i++)
    if (!list_append(list, Value::from_int(s[i]))) return {};
  size_t n = strlen(s);
  bool max = false;
  for (size_t i = 0; i < n; i++) max |= s[i] == CHAR_MAX;
  if (!list_append(list, Value::from_int(max ? CHAR_MAX : 0))) return {};
  return list;
}
Ref m_localeconv(Value) {
  struct lconv* l = localeconv();
  Ref d = dict_new();
  if (!d) return {};
  auto text = [&](const char* name, const char* v) {
    Ref k = intern(std::string_view{name}), s = str_decode_fs(v);
    return k && s && dict_set(d, k, s);
  };
  auto number = [&](const char* name, int v) {
    Ref k = intern(std::string_view{name});
    return k && dict_set(d, k, Value::from_int(v));
  };
  auto group = [&](const char* name, const char* v) {
    Ref k = intern(std::string_view{name}), g = grouping_list(v);
    return k && g && dict_set(d, k, g);
  };
  bool ok = text("decimal_point", l->decimal_point) && text("thousands_sep", l->thousands_sep) && group("grouping", l->grouping) &&
            text("int_curr_symbol", l->int_curr_symbol) && text("currency_symbol", l->currency_symbol) &&
            text("mon_decimal_point", l->mon_decimal_point) && text("mon_thousands_sep", l->mon_thousands_sep) &&
            group("mon_grouping", l->mon_grouping) && text("positive_sign", l->positive_sign) && text("negative_sign", l->negative_sign) &&
            number("int_frac_digits", l->int_frac_digits) && number("frac_digits", l->frac_digits) && number("p_cs_precedes", l->p_cs_precedes) &&
            number("p_sep_by_space", l->p_sep_by_space) && number("n_cs_precedes", l->n_cs_precedes) &&
            number("n_sep_by_space", l->n_sep_by_space) && number("p_sign_posn", l->p_sign_posn) && number("n_sign_posn", l->n_sign_posn);
  return ok ? std::move(d) : Ref{};
}

bool wide(const char* function, int number, Value v, std::wstring* out) {
  if (!is_str(v)) return raise(PyExc_TypeError, "%s() argument %d must be str, not %N", function, number, type_of(v));
  for (Py_ssize_t i = 0; i < str_length(v); i++) {
    uint32_t c = str_char(v, i);
    if (c == 0) return raise(PyExc_ValueError, "embedded null character");
    out->push_back(static_cast<wchar_t>(c));
  }
  return true;
}
Ref m_strcoll(Value, const Value* a) {
  std::wstring x, y;
  if (!wide("strcoll", 1, a[0], &x) || !wide("strcoll", 2, a[1], &y)) return {};
  return Ref::from_int(wcscoll(x.c_str(), y.c_str()));
}
Ref m_strxfrm(Value, Value v) {
  std::wstring s;
  if (!wide("strxfrm", 1, v, &s)) return {};
  errno = 0;
  size_t n = wcsxfrm(nullptr, s.c_str(), 0);
  if (errno && errno != ERANGE) return raise_errno(PyExc_OSError);
  std::wstring out(n + 1, L'\0');
  wcsxfrm(out.data(), s.c_str(), n + 1);
  // Keys may hold values beyond Unicode in glibc's locales; they are kept in order.
  StrBuilder b(static_cast<Py_ssize_t>(n));
  for (size_t i = 0; i < n; i++) {
    auto c = static_cast<uint32_t>(out[i]);
    if (!b.add_char(c > 0x10FFFF ? 0x10FFFF : c)) return {};
  }
  return b.finish();
}

const struct { const char* name; int key; } langinfo[] = {
    {"DAY_1", DAY_1}, {"DAY_2", DAY_2}, {"DAY_3", DAY_3}, {"DAY_4", DAY_4}, {"DAY_5", DAY_5}, {"DAY_6", DAY_6}, {"DAY_7", DAY_7},
    {"ABDAY_1", ABDAY_1}, {"ABDAY_2", ABDAY_2}, {"ABDAY_3", ABDAY_3}, {"ABDAY_4", ABDAY_4}, {"ABDAY_5", ABDAY_5}, {"ABDAY_6", ABDAY_6}, {"ABDAY_7", ABDAY_7},
    {"MON_1", MON_1}, {"MON_2", MON_2}, {"MON_3", MON_3}, {"MON_4", MON_4}, {"MON_5", MON_5}, {"MON_6", MON_6},
    {"MON_7", MON_7}, {"MON_8", MON_8}, {"MON_9", MON_9}, {"MON_10", MON_10}, {"MON_11", MON_11}, {"MON_12", MON_12},
    {"ABMON_1", ABMON_1}, {"ABMON_2", ABMON_2}, {"ABMON_3", ABMON_3}, {"ABMON_4", ABMON_4}, {"ABMON_5", ABMON_5}, {"ABMON_6", ABMON_6},
    {"ABMON_7", ABMON_7}, {"ABMON_8", ABMON_8}, {"ABMON_9", ABMON_9}, {"ABMON_10", ABMON_10}, {"ABMON_11", ABMON_11}, {"ABMON_12", ABMON_12},
    {"RADIXCHAR", RADIXCHAR}, {"THOUSEP", THOUSEP}, {"CRNCYSTR", CRNCYSTR}, {"D_FMT", D_FMT}, {"D_T_FMT", D_T_FMT}, {"T_FMT", T_FMT},
    {"AM_STR", AM_STR}, {"PM_STR", PM_STR}, {"CODESET", CODESET}, {"T_FMT_AMPM", T_FMT_AMPM}, {"ERA", ERA}, {"ERA_D_FMT", ERA_D_FMT},
    {"ERA_D_T_FMT", ERA_D_T_FMT}, {"ERA_T_FMT", ERA_T_FMT}, {"ALT_DIGITS", ALT_DIGITS}, {"YESEXPR", YESEXPR}, {"NOEXPR", NOEXPR}};

Ref m_nl_langinfo(Value, Value v) {
  int key;
  if (!as_int(v, &key)) return {};
  for (auto& l : langinfo) {
    if (l.key != key) continue;
    const char* s = nl_langinfo(key);
    return str_decode_fs(s ? s : "");
  }
  return raise(PyExc_ValueError, "unsupported langinfo constant");
}
Ref m_gettext(Value, Value v) {
  std::string s;
  if (!text_argument("gettext", 1, v, &s)) return {};
  return str_decode_fs(gettext(s.c_str()));
}
Ref m_dgettext(Value, const Value* a) {
  std::string domain, s;
  if (!is_none(a[0]) && !text_argument("dgettext", 1, a[0], &domain)) return {};
  if (!text_argument("dgettext", 2, a[1], &s)) return {};
  return str_decode_fs(dgettext(is_none(a[0]) ? nullptr : domain.c_str(), s.c_str()));
}
Ref m_dcgettext(Value, const Value* a) {
  std::string domain, s;
  int category;
  if (!is_none(a[0]) && !text_argument("dcgettext", 1, a[0], &domain)) return {};
  if (!text_argument("dcgettext", 2, a[1], &s) || !as_int(a[2], &category)) return {};
  return str_decode_fs(dcgettext(is_none(a[0]) ? nullptr : domain.c_str(), s.c_str(), category));
}
Ref m_textdomain(Value, Value v) {
  std::string s;
  if (!is_none(v) && !text_argument("textdomain", 1, v, &s)) return {};
  const char* r = textdomain(is_none(v) ? nullptr : s.c_str());
  if (!r) return raise_errno(PyExc_OSError);
  return str_decode_fs(r);
}
Ref m_bindtextdomain(Value, const Value* a) {
  std::string domain, dir;
  if (!text_argument("bindtextdomain", 1, a[0], &domain)) return {};
  if (domain.empty()) return raise(error_object, "domain must be a non-empty string");
  if (!is_none(a[1]) && !str_encode_fs(a[1], &dir)) return {};
  const char* r = bindtextdomain(domain.c_str(), is_none(a[1]) ? nullptr : dir.c_str());
  if (!r) return raise_errno(PyExc_OSError);
  return str_decode_fs(r);
}
Ref m_bind_textdomain_codeset(Value, const Value* a) {
  std::string domain, codeset;
  if (!text_argument("bind_textdomain_codeset", 1, a[0], &domain)) return {};
  if (!is_none(a[1]) && !text_argument("bind_textdomain_codeset", 2, a[1], &codeset)) return {};
  const char* r = bind_textdomain_codeset(domain.c_str(), is_none(a[1]) ? nullptr : codeset.c_str());
  return r ? str_decode_fs(r) : none_ref();
}
Ref m_getencoding(Value) {
  const char* s = nl_langinfo(CODESET);
  return str_from_ascii(s && *s ? s : "UTF-8");
}

const MethodRow functions[] = {
    method<m_setlocale>("setlocale", "($module, category, locale=None, /)", "Activates/queries locale processing."),
    method<m_localeconv>("localeconv", "($module, /)", "Returns numeric and monetary locale-specific parameters."),
    method<m_strcoll>("strcoll", "($module, os1, os2, /)", "Compares two strings according to the locale."),
    method<m_strxfrm>("strxfrm", "($module, string, /)", "Return a string that can be used as a key for locale-aware comparisons."),
    method<m_nl_langinfo>("nl_langinfo", "($module, key, /)", "Return the value for the locale information associated with key."),
    method<m_gettext>("gettext", "($module, msg, /)", "gettext(msg) -> string"),
    method<m_dgettext>("dgettext", "($module, domain, msg, /)", "dgettext(domain, msg) -> string"),
    method<m_dcgettext>("dcgettext", "($module, domain, msg, category, /)", "Return translation of msg in domain and category."),
    method<m_textdomain>("textdomain", "($module, domain, /)", "Set the C library's textdmain to domain, returning the new domain."),
    method<m_bindtextdomain>("bindtextdomain", "($module, domain, dir, /)", "Bind the C library's domain to dir."),
    method<m_bind_textdomain_codeset>("bind_textdomain_codeset", "($module, domain, codeset, /)", "Bind the C library's domain to codeset."),
    method<m_getencoding>("getencoding", "($module, /)", "Get the current locale encoding."),
    {}};

bool exec(PyObject* module) {
  for (auto [name, v] : {std::pair{"LC_CTYPE", LC_CTYPE}, {"LC_TIME", LC_TIME}, {"LC_COLLATE", LC_COLLATE}, {"LC_MONETARY", LC_MONETARY},
                         {"LC_MESSAGES", LC_MESSAGES}, {"LC_NUMERIC", LC_NUMERIC}, {"LC_ALL", LC_ALL}, {"CHAR_MAX", static_cast<int>(CHAR_MAX)}})
    if (!module_add_int(module, name, v)) return false;
  for (auto& l : langinfo)
    if (!module_add_int(module, l.name, l.key)) return false;
  Ref name = str_from_ascii("Error"), home = str_from_ascii("locale"), ns = dict_new();
  Ref bases = tuple_of({Value{PyExc_Exception}});
  if (!name || !home || !ns || !bases || !dict_set(ns, Value{"__module__"_id}, home)) return false;
  Ref type = call(Value{&PyType_Type}, {name, bases, ns});
  if (!type) return false;
  per_interpreter(error_object);
  error_object = Ref::copy(type).release().object();
  at_interpreter_end([] {
    adder::decref(error_object);
    error_object = nullptr;
  });
  return module_add(module, "Error", std::move(type));
}

}  // namespace
}  // namespace locale_module_

extern const ModuleDef locale_module{
    .name = "_locale", .doc = "Support for POSIX locales.", .methods = locale_module_::functions, .exec = locale_module_::exec};

}  // namespace adder
