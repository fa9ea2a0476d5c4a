#ifndef HOLDFAST_CMICROHTTPD_H
#define HOLDFAST_CMICROHTTPD_H

#include <microhttpd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/// What a server is started with. Swift can't call MHD_start_daemon: its arguments vary.
struct hf_http_settings {
    /// A listening socket that doesn't block.
    int socket;
    unsigned int connections_max;
    /// After so long without a byte a connection is closed.
    unsigned int idle_seconds;
    /// What a connection may take for its head and for what is on its way.
    size_t connection_bytes;
    /// Both or neither: a private key and a chain of certificates, as PEM.
    const char *tls_key;
    const char *tls_certificate;
    /// Handed to every callback.
    void *context;
    void *(*begin)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback handle;
    MHD_RequestCompletedCallback end;
    MHD_NotifyConnectionCallback connected;
    /// Hears what the library complains about, a line at a time.
    void (*complain)(void *context, const char *text);
};

static inline void hf_http_complain(void *settings, const char *format, va_list arguments) {
    const struct hf_http_settings *with = (const struct hf_http_settings *)settings;
    char text[512];
    (void)vsnprintf(text, sizeof text, format, arguments);
    with->complain(with->context, text);
}

/// Targets come as they were sent: what is a separator and what is part of a name shows before decoding only.
static inline size_t hf_http_leave_escaped(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    size_t size = 0;
    while (text[size]) size++;
    return size;
}

/// A server that does nothing by itself: its owner waits for the descriptor of `hf_http_descriptor` and calls MHD_run.
/// `settings` must outlive it. NULL where it can't start; the reason was complained about.
static inline struct MHD_Daemon *hf_http_start(const struct hf_http_settings *settings) {
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)settings->tls_key},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)settings->tls_certificate},
        {MHD_OPTION_END, 0, NULL},
    };
    if (!settings->tls_key) tls[0].option = MHD_OPTION_END;
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (settings->tls_key) flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, settings->handle, settings->context,
        MHD_OPTION_EXTERNAL_LOGGER, hf_http_complain, (void *)settings,
        MHD_OPTION_LISTEN_SOCKET, settings->socket,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_bytes,
        MHD_OPTION_URI_LOG_CALLBACK, settings->begin, settings->context,
        MHD_OPTION_NOTIFY_COMPLETED, settings->end, settings->context,
        MHD_OPTION_NOTIFY_CONNECTION, settings->connected, settings->context,
        MHD_OPTION_UNESCAPE_CALLBACK, hf_http_leave_escaped, NULL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_ARRAY, tls,
        MHD_OPTION_END);
}

static inline int hf_http_descriptor(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

static inline int hf_http_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// What the owner has called this connection's other side; 0 where it has not.
static inline uint64_t hf_http_peer(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? (uint64_t)(uintptr_t)info->socket_context : 0;
}

/// The descriptor through which a signal tells that the program is to stop.
static int hf_stop_descriptor = -1;
static volatile sig_atomic_t hf_stop_signals = 0;

static void hf_stop_signal(int number) {
    if (hf_stop_signals++) _exit(128 + number);
    (void)!write(hf_stop_descriptor, &(uint64_t){1}, sizeof(uint64_t));
}

/// From now on SIGTERM and SIGINT make an eventfd readable, once; the second one ends the program at once. Returns the
/// eventfd, or -1.
static inline int hf_catch_stop_signals(void) {
    hf_stop_descriptor = eventfd(0, EFD_CLOEXEC);
    struct sigaction action = {0};
    action.sa_handler = hf_stop_signal;
    action.sa_flags = SA_RESTART;
    if (hf_stop_descriptor < 0 || sigaction(SIGTERM, &action, NULL) || sigaction(SIGINT, &action, NULL)) return -1;
    return hf_stop_descriptor;
}

#endif
