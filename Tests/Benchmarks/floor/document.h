// The documents in C: the same, byte for byte, by memchr, memcpy and 16-byte steps.
// For comparison only. Needs _GNU_SOURCE.
#pragma once
#include <emmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

typedef uint8_t byte;
typedef struct { const byte *at; size_t count; } part;
typedef struct {
    part address, user, method, target, version, status, size, referrer, agent;
    int64_t time;
    const char *expected;
    size_t fault;
} record;

static inline int is_digit(byte b) { return (byte)(b - '0') < 10; }
static inline int two(const byte *p) { return (p[0] - '0') * 10 + p[1] - '0'; }
static inline int digits(const byte *p, int count) {
    int all = 1;
    for (int i = 0; i < count; i++) all &= is_digit(p[i]);
    return all;
}

static int month_of(const byte *p) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++)
        if (memcmp(p, names + 3 * i, 3) == 0) return i + 1;
    return 0;
}

static int64_t days_of(int year, int month, int day) {
    int64_t y = (month <= 2 ? year - 1 : year) + 400;
    int m = month <= 2 ? month + 9 : month - 3;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468 - 146097;
}

// 17/May/2015:10:05:03 +0000
static int time_of(const byte *p, int64_t *seconds) {
    if (!digits(p, 2) || p[2] != '/' || p[6] != '/' || !digits(p + 7, 4) || p[11] != ':' || !digits(p + 12, 2)
        || p[14] != ':' || !digits(p + 15, 2) || p[17] != ':' || !digits(p + 18, 2) || p[20] != ' '
        || (p[21] != '+' && p[21] != '-') || !digits(p + 22, 4))
        return 0;
    static const byte lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int day = two(p), month = month_of(p + 3), year = two(p + 7) * 100 + two(p + 9);
    int hour = two(p + 12), minute = two(p + 15), second = two(p + 18);
    int zone_hour = two(p + 22), zone_minute = two(p + 24);
    if (!month) return 0;
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int length = month == 2 && leap ? 29 : lengths[month - 1];
    if (day < 1 || day > length || hour > 23 || minute > 59 || second > 59 || zone_hour > 23 || zone_minute > 59)
        return 0;
    int64_t zone = (zone_hour * 60 + zone_minute) * 60;
    *seconds = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
               + (p[21] == '-' ? zone : -zone);
    return *seconds >= -62167219200 && *seconds <= 253402300799;
}

// From behind the opening quote to the closing one, or NULL.
static inline const byte *closing(const byte *p, const byte *end) {
    for (const byte *from = p;;) {
        const byte *quote = memchr(from, '"', end - from);
        if (!quote) return NULL;
        const byte *run = quote;
        while (run > p && run[-1] == '\\') run--;
        if (((quote - run) & 1) == 0) return quote;
        from = quote + 1;
    }
}

static inline part present(const byte *at, const byte *end) {
    part p = {at, end - at};
    if (p.count == 1 && *at == '-') p.count = 0;
    return p;
}

static inline void request_of(record *r, const byte *at, const byte *end) {
    r->method.count = r->version.count = 0;
    const byte *space = memchr(at, ' ', end - at);
    const byte *last = space ? memrchr(at, ' ', end - at) : NULL;
    int whole = !last || last <= space + 1 || space == at || space - at > 32 || end - last < 7 || end - last > 13
                || memcmp(last + 1, "HTTP/", 5) != 0;
    for (const byte *p = at; !whole && p < space; p++)
        whole = !((byte)((*p | 32) - 'a') < 26 || *p == '-' || *p == '_');
    for (const byte *p = last + 6; !whole && p < end; p++) whole = !(is_digit(*p) || *p == '.');
    if (whole || last[6] == '.' || end[-1] == '.') {
        r->target = present(at, end);
        return;
    }
    r->method = (part){at, space - at};
    r->target = (part){space + 1, last - space - 1};
    r->version = (part){last + 6, end - last - 6};
}

#define FAULT(place, what) return r->fault = (place) - line, r->expected = (what), 0
static int scan(const byte *line, const byte *end, record *r) {
    static const char *words[] = {
        "the client's address and a space", "the ident and a space", "the user and a space"};
    part *parts[] = {&r->address, NULL, &r->user};
    const byte *p = line, *q;
    for (int i = 0; i < 3; i++, p = q + 1) {
        q = memchr(p, ' ', end - p);
        if (!q || q == p) FAULT(p, words[i]);
        if (parts[i]) *parts[i] = present(p, q);
    }
    if (end - p < 29 || p[0] != '[' || p[27] != ']' || p[28] != ' ' || !time_of(p + 1, &r->time))
        FAULT(p, "a time such as [17/May/2015:10:05:03 +0000]");
    p += 29;
    if (p == end || *p != '"') FAULT(p, "the request in quotes");
    if (!(q = closing(p + 1, end))) FAULT(end, "a closing quote");
    request_of(r, p + 1, q);
    p = q + 1;
    if (end - p < 5 || p[0] != ' ' || p[1] == '0' || !digits(p + 1, 3) || p[4] != ' ')
        FAULT(p, "a space, a status of three digits, a space");
    r->status = (part){p + 1, 3};
    p += 5;
    for (q = p; q < end && is_digit(*q); q++) {}
    if (q == p && p < end && *p == '-') q++;
    else if (q == p || q - p > 18 || (q - p > 1 && *p == '0')) FAULT(p, "the size, - or up to 18 digits");
    r->size = present(p, q);
    if (q == end) FAULT(q, "a space and the referrer in quotes");
    if (*q != ' ') FAULT(q, "a space");
    p = q + 1;
    if (p == end || *p != '"') FAULT(p, "the referrer in quotes");
    if (!(q = closing(p + 1, end))) FAULT(end, "a closing quote");
    r->referrer = present(p + 1, q);
    p = q + 1;
    if (p == end || *p != ' ') FAULT(p, "a space and the user agent in quotes");
    p++;
    if (p == end || *p != '"') FAULT(p, "the user agent in quotes");
    if (!(q = closing(p + 1, end))) FAULT(end, "a closing quote");
    r->agent = present(p + 1, q);
    if (q + 1 != end) FAULT(q + 1, "the end of the line");
    return 1;
}

static int is_quad(part s) {
    int number = 0, count = 0, dots = 0;
    for (size_t i = 0; i < s.count; i++) {
        byte b = s.at[i];
        if (is_digit(b)) {
            if (count && !number) return 0;
            number = number * 10 + b - '0';
            if (++count > 3 || number > 255) return 0;
        } else if (b == '.' && count && dots < 3) {
            dots++, count = 0, number = 0;
        } else {
            return 0;
        }
    }
    return dots == 3 && count;
}

static inline int is_hex(byte b) { return is_digit(b) || (byte)((b | 32) - 'a') < 6; }

static int is_address(part s) {
    if (s.count < 2 || s.count > 45) return 0;
    if (is_quad(s)) return 1;
    size_t i = 0;
    int groups = 0, shortened = 0;
    if (s.at[0] == ':') {
        if (s.at[1] != ':') return 0;
        shortened = 1, i = 2;
    }
    while (i < s.count) {
        size_t first = i;
        while (i < s.count && is_hex(s.at[i])) i++;
        if (i < s.count && s.at[i] == '.') {
            if (!is_quad((part){s.at + first, s.count - first})) return 0;
            groups += 2;
            break;
        }
        if (i == first || i - first > 4) return 0;
        groups++;
        if (i == s.count) break;
        if (s.at[i] != ':' || i + 1 == s.count) return 0;
        if (s.at[++i] == ':') {
            if (shortened) return 0;
            shortened = 1, i++;
        }
    }
    return shortened ? groups < 8 : groups == 8;
}

static inline byte *put(byte *out, const void *bytes, size_t count) {
    memcpy(out, bytes, count);
    return out + count;
}
static inline byte *put_part(byte *out, part p) { return put(out, p.at, p.count); }
#define TEXT(out, text) put(out, text, sizeof(text) - 1)

static int utf8_part(const byte *p, const byte *end) { // length; negative of a maximal ill-formed part
    byte lead = *p;
    if (lead < 0xc2 || lead > 0xf4) return -1;
    int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    byte low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    for (int i = 1; i < length; i++) {
        if (p + i >= end || p[i] < low || p[i] > high) return -i;
        low = 0x80, high = 0xbf;
    }
    return length;
}

static byte *put_special(byte *out, const byte **from, const byte *end) {
    const byte *p = *from;
    while (p < end) {
        byte b = *p;
        if (b >= 0x80) {
            int length = utf8_part(p, end);
            if (length > 0) out = put(out, p, length), p += length;
            else out = TEXT(out, "\xef\xbf\xbd"), p -= length;
            continue;
        }
        static const char shorts[] = "btn.fr"; // from 8 on; 11 has none
        if (b == '"' || b == '\\') *out++ = '\\', *out++ = b;
        else if (b >= 0x20) break;
        else if (b >= 8 && b <= 13 && b != 11) *out++ = '\\', *out++ = shorts[b - 8];
        else out += sprintf((char *)out, "\\u%04x", b);
        p++;
    }
    *from = p;
    return out;
}

// The corpus has 16 bytes behind its end and the output has 16 behind what is reserved, so blocks may overrun.
static inline byte *put_escaped(byte *out, part s) {
    const byte *p = s.at, *end = p + s.count;
    const __m128i space = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    while (p < end) {
        __m128i block = _mm_loadu_si128((const __m128i *)p);
        _mm_storeu_si128((__m128i *)out, block);
        unsigned special = _mm_movemask_epi8(_mm_or_si128(
            _mm_cmplt_epi8(block, space), _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash))));
        size_t plain = special ? __builtin_ctz(special) : 16;
        if (plain > (size_t)(end - p)) plain = end - p;
        p += plain, out += plain;
        if (plain < 16 && p < end) out = put_special(out, &p, end);
    }
    return out;
}

static byte *put_number(byte *out, uint64_t number) {
    byte text[20], *p = text + 20;
    do *--p = '0' + number % 10; while (number /= 10);
    return put(out, p, text + 20 - p);
}

static byte *put_time(byte *out, int64_t seconds) {
    static int64_t kept = INT64_MIN;
    static byte text[24];
    int64_t minute = seconds >= 0 ? seconds / 60 : (seconds - 59) / 60;
    if (minute != kept) {
        time_t time = minute * 60;
        struct tm t;
        gmtime_r(&time, &t);
        char whole[64];
        snprintf(whole, sizeof whole, "%04d-%02d-%02dT%02d:%02d:00.000Z", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min);
        memcpy(text, whole, 24);
        kept = minute;
    }
    int second = seconds - minute * 60;
    text[17] = '0' + second / 10, text[18] = '0' + second % 10;
    return put(out, text, 24);
}

// 2015-05-17T10:05:00.000Z and ten zero bytes; then the offset and the check.
static byte *put_id(byte *out, uint64_t offset, uint16_t check) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    out = TEXT(out, "AU1hVXTgAAAAAAAAAAAA");
    uint64_t low = offset << 16 | check, groups[3] = {offset >> 32, low >> 24 & 0xffffff, low & 0xffffff};
    for (int i = 0; i < 3; i++)
        for (int shift = 18; shift >= 0; shift -= 6) *out++ = alphabet[groups[i] >> shift & 63];
    return out;
}

#define EVENT(rest) ",\"event\":{\"kind\":" rest "}"
#define OK EVENT("\"event\",\"category\":[\"web\"],\"type\":[\"access\"],\"dataset\":\"tomcat.access\",\"outcome\":\"success\"")
#define BAD EVENT("\"event\",\"category\":[\"web\"],\"type\":[\"access\"],\"dataset\":\"tomcat.access\",\"outcome\":\"failure\"")
#define UNPARSED EVENT("\"pipeline_error\",\"category\":[\"web\"],\"dataset\":\"tomcat.access\"")
#define CONSTANT \
    ",\"data_stream\":{\"type\":\"logs\",\"dataset\":\"tomcat.access\",\"namespace\":\"default\"}," \
    "\"ecs\":{\"version\":\"8.17.0\"},\"log\":{\"file\":{\"path\":" \
    "\"/usr/local/tomcat/logs/localhost_access_log.2015-05-17.txt\"},\"offset\":"
#define END "},\"host\":{\"name\":\"node-1\"},\"agent\":{\"type\":\"tailproof\",\"version\":\"0.1.0\",\"id\":\"0123456789abcdef\"}}\n"

static byte *put_members(byte *out, const record *r) {
    if (r->address.count) {
        out = TEXT(out, ",\"source\":{\"address\":\"");
        out = put_escaped(out, r->address);
        if (is_address(r->address)) {
            out = TEXT(out, "\",\"ip\":\"");
            out = put_part(out, r->address);
        }
        out = TEXT(out, "\"}");
    }
    if (r->user.count) {
        out = TEXT(out, ",\"user\":{\"name\":\"");
        out = put_escaped(out, r->user);
        out = TEXT(out, "\"}");
    }
    if (r->target.count) {
        out = TEXT(out, ",\"url\":{\"original\":\"");
        out = put_escaped(out, r->target);
        if (r->method.count && *r->target.at == '/') {
            const byte *end = r->target.at + r->target.count, *mark = memchr(r->target.at, '?', r->target.count);
            if (!mark) mark = end;
            out = TEXT(out, "\",\"path\":\"");
            out = put_escaped(out, (part){r->target.at, mark - r->target.at});
            if (end - mark > 1) {
                out = TEXT(out, "\",\"query\":\"");
                out = put_escaped(out, (part){mark + 1, end - mark - 1});
            }
        }
        out = TEXT(out, "\"}");
    }
    out = TEXT(out, ",\"http\":{\"response\":{\"status_code\":");
    out = put(out, r->status.at, 3);
    if (r->size.count) {
        out = TEXT(out, ",\"body\":{\"bytes\":");
        out = put_part(out, r->size);
        *out++ = '}';
    }
    *out++ = '}';
    if (r->version.count) {
        out = TEXT(out, ",\"version\":\"");
        out = put_part(out, r->version);
        *out++ = '"';
    }
    if (r->method.count || r->referrer.count) {
        out = TEXT(out, ",\"request\":{");
        if (r->method.count) {
            out = TEXT(out, "\"method\":\"");
            out = put_part(out, r->method);
            *out++ = '"';
            if (r->referrer.count) *out++ = ',';
        }
        if (r->referrer.count) {
            out = TEXT(out, "\"referrer\":\"");
            out = put_escaped(out, r->referrer);
            *out++ = '"';
        }
        *out++ = '}';
    }
    *out++ = '}';
    if (r->agent.count) {
        out = TEXT(out, ",\"user_agent\":{\"original\":\"");
        out = put_escaped(out, r->agent);
        out = TEXT(out, "\"}");
    }
    return out;
}

enum { first_time = 1431857100 };
static int64_t last_time = first_time;

static byte *document(byte *out, const byte *line, const byte *end, uint64_t offset) {
    record r;
    int parsed = scan(line, end, &r);
    if (parsed) last_time = r.time;
    out = TEXT(out, "{\"create\":{\"_index\":\"logs-tomcat.access-default\",\"_id\":\"");
    out = put_id(out, offset, XXH3_64bits(line, end - line) & 0xfffe);
    out = TEXT(out, "\"}}\n{\"@timestamp\":\"");
    out = put_time(out, last_time);
    *out++ = '"';
    if (parsed) {
        out = put_members(out, &r);
        out = r.status.at[0] < '4' ? TEXT(out, OK) : TEXT(out, BAD);
    } else {
        out = TEXT(out, ",\"message\":\"");
        out = put_escaped(out, (part){line, end - line});
        out = TEXT(out, "\",\"error\":{\"message\":\"not a combined line: expected ");
        out = put(out, r.expected, strlen(r.expected));
        out = TEXT(out, " at byte ");
        out = put_number(out, r.fault);
        out = TEXT(out, "\"},\"tags\":[\"timestamp_inherited\"]" UNPARSED);
    }
    out = TEXT(out, CONSTANT);
    out = put_number(out, offset);
    return TEXT(out, END);
}
