package dev.gradwire.service.security;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who calls, and refuses calls that the {@link Policy} does not allow before any of their messages is read.
 * Where the server asks for neither certificates nor tokens, everybody counts as known.
 */
public final class Authentication implements ServerInterceptor {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final String BEARER = "bearer ";

    private final boolean certificates;
    private final @Nullable Tokens tokens;
    private final Function<Boolean, StatusRuntimeException> refusal;

    /**
     * @param certificates whether clients show certificates
     * @param settings for tokens, null where none are asked for
     * @param refusal what a call ends with, told whether it came with a token that is no good
     * @throws IOException when the keys for tokens cannot be read
     */
    public Authentication(
            boolean certificates, @Nullable TokenSettings settings, Function<Boolean, StatusRuntimeException> refusal)
            throws IOException {
        this.certificates = certificates;
        this.tokens = settings == null ? null : new Tokens(settings);
        this.refusal = refusal;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Optional<Caller> caller = tokens == null ? ofCertificate(call) : ofToken(headers);
        boolean open = tokens == null && !certificates;
        if (!Policy.allows(call.getMethodDescriptor().getFullMethodName(), open || caller.isPresent())) {
            StatusRuntimeException end = refusal.apply(headers.containsKey(AUTHORIZATION));
            Metadata trailers = end.getTrailers();
            call.close(end.getStatus(), trailers == null ? new Metadata() : trailers);
            return new ServerCall.Listener<>() {};
        }
        return caller.isEmpty()
                ? next.startCall(call, headers)
                : Contexts.interceptCall(
                        Context.current().withValue(Caller.CURRENT, caller.get()), call, headers, next);
    }

    /** With tokens asked for, the token says who calls: a certificate may be that of a proxy. */
    private Optional<Caller> ofToken(Metadata headers) {
        String header = headers.get(AUTHORIZATION);
        if (tokens == null || header == null || !header.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            return Optional.empty();
        }
        return tokens.caller(header.substring(BEARER.length()).strip());
    }

    private static Optional<Caller> ofCertificate(ServerCall<?, ?> call) {
        SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        try {
            return session != null && session.getPeerCertificates()[0] instanceof X509Certificate certificate
                    ? Optional.of(Caller.of(certificate))
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }
}
