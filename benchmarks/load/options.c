/* The command line. */
#include "exchange.h"
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>

struct options o = { .transport = &websocket, .port = 8000, .conns = 64, .window = 1,
                     .duration = 3, .warmup = 0.5, .position = "\"position\":" };

static const char help[] =
    "usage: exchange [options]\n"
    "      --xmpp              speak XML streams, not WebSocket\n"
    "      --port N            of the server on 127.0.0.1\n"
    "      --conns N           clients; the even ones send to the odd ones     [64]\n"
    "      --window N          messages in flight per sender                   [1]\n"
    "      --rate R            messages a second in all, whatever the window;\n"
    "                          times then count from when each was due\n"
    "      --duration S        seconds measured                                [3]\n"
    "      --warmup S          seconds before                                  [0.5]\n"
    "      --idle              log in, print READY, hold for the duration\n"
    "      --path T            request target\n"
    "      --header T          request header, repeatable\n"
    "      --send T, --wait S  steps of the login, in this order, repeatable\n"
    "      --message T         what is sent, with its number %d in it\n"
    "      --acknowledged S    the number after S has been acknowledged\n"
    "      --cumulative        so have all before it, counted from the first\n"
    "      --delivered S       the message with the number after S has arrived\n"
    "      --answer A=B        answer the message A with B\n"
    "      --confirm T         sent after every 64 deliveries; %n is the number\n"
    "      --position S        that came after S in the last\n"
    "      --keys F, --names F line N is %k, or %u (%q for the peer), of client N\n"
    "      --verbose           print the first messages received\n"
    "templates: %d number, %t time, %i own and %p the peer's index, %k %u %q %n, %% percent\n";

void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

static char **read_lines(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) die("%s: %s", path, strerror(errno));
    size_t n = 0, cap = 0, l = 0;
    char **lines = NULL, *line = NULL;
    for (; getline(&line, &l, f) > 0; n++) {
        if (n + 1 >= cap) {
            cap = cap ? cap * 2 : 1024;
            if (!(lines = realloc(lines, cap * sizeof *lines))) die("out of memory");
        }
        line[strcspn(line, "\n")] = 0;
        lines[n] = strdup(line);
    }
    free(line);
    fclose(f);
    if (n < (size_t)o.conns) die("%s has only %zu lines", path, n);
    return lines;
}

static void template(struct tmpl *t, const char *text)
{
    if (compile(t, text)) die("template too long");
}

static void add_step(int wait, const char *text)
{
    if (o.n_steps == MAX_STEPS) die("too many steps");
    o.steps[o.n_steps] = (struct step){ .wait = wait, .text = text };
    template(&o.steps[o.n_steps++].t, text);
}

static void add_header(const char *text)
{
    if (o.n_headers == MAX_HEADERS) die("too many headers");
    template(&o.header[o.n_headers++], text);
}

static void set_answer(char *text)
{
    char *to = strchr(text, '=');
    if (!to) die("--answer A=B");
    *to = 0;
    o.ask = text;
    o.answer = to + 1;
}

static void check(const char *keys, const char *names)
{
    if (o.conns < 1 || o.window < 1 || o.duration < 0) die("bad number");
    if (o.window > 4096) die("--window is at most 4096");
    if (!o.idle && (o.conns % 2 || !o.message.n || !o.acknowledged || !o.delivered))
        die("an even --conns, --message, --acknowledged and --delivered are needed");
    if (keys) o.keys = read_lines(keys);
    if (names) o.names = read_lines(names);
}

void parse_options(int argc, char **argv)
{
    enum { XMPP, PORT, CONNS, WINDOW, RATE, DURATION, WARMUP, IDLE, PATH, HEADER, SEND, WAIT, MESSAGE,
           ACKED, CUMULATIVE, DELIVERED, ANSWER, CONFIRM, POSITION, KEYS, NAMES, VERBOSE, HELP };
    static const struct option known[] = {
        { "xmpp", 0, 0, XMPP }, { "port", 1, 0, PORT }, { "conns", 1, 0, CONNS },
        { "window", 1, 0, WINDOW }, { "rate", 1, 0, RATE }, { "duration", 1, 0, DURATION },
        { "warmup", 1, 0, WARMUP }, { "idle", 0, 0, IDLE }, { "path", 1, 0, PATH },
        { "header", 1, 0, HEADER }, { "send", 1, 0, SEND }, { "wait", 1, 0, WAIT },
        { "message", 1, 0, MESSAGE },
        { "acknowledged", 1, 0, ACKED }, { "cumulative", 0, 0, CUMULATIVE },
        { "delivered", 1, 0, DELIVERED }, { "answer", 1, 0, ANSWER },
        { "confirm", 1, 0, CONFIRM }, { "position", 1, 0, POSITION }, { "keys", 1, 0, KEYS },
        { "names", 1, 0, NAMES }, { "verbose", 0, 0, VERBOSE }, { "help", 0, 0, HELP },
        { 0, 0, 0, 0 } };
    const char *keys = NULL, *names = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case XMPP: o.transport = &xmpp; break;
        case PORT: o.port = atoi(optarg); break;
        case CONNS: o.conns = atoi(optarg); break;
        case WINDOW: o.window = atoi(optarg); break;
        case RATE: o.rate = atof(optarg); break;
        case DURATION: o.duration = atof(optarg); break;
        case WARMUP: o.warmup = atof(optarg); break;
        case IDLE: o.idle = 1; break;
        case PATH: template(&o.path, optarg); break;
        case HEADER: add_header(optarg); break;
        case SEND: add_step(0, optarg); break;
        case WAIT: add_step(1, optarg); break;
        case MESSAGE: template(&o.message, optarg); break;
        case ACKED: o.acknowledged = optarg; break;
        case CUMULATIVE: o.cumulative = 1; break;
        case DELIVERED: o.delivered = optarg; break;
        case ANSWER: set_answer(optarg); break;
        case CONFIRM: template(&o.confirm, optarg); break;
        case POSITION: o.position = optarg; break;
        case KEYS: keys = optarg; break;
        case NAMES: names = optarg; break;
        case VERBOSE: o.verbose = 40; break;
        case HELP: fputs(help, stdout); exit(0);
        default: fputs("try --help\n", stderr); exit(2);
        }
    }
    if (optind < argc) die("unexpected argument %s", argv[optind]);
    check(keys, names);
}
