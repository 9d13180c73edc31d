package dev.gradwire.service.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Checks bearer tokens: signature, times, issuer, audience. Safe for use by many threads. */
final class Tokens {
    /** Asymmetric ones only: a public key must never be taken for a shared secret. */
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512);

    private static final Set<String> REQUIRED_CLAIMS = Set.of("sub", "exp");

    /** How long a reader of the file may wait for another one that is at it. */
    private static final Duration REFRESH_WAIT = Duration.ofSeconds(5);

    /** How long old keys are believed when the file is broken. */
    private static final Duration OUTAGE = Duration.ofDays(1);

    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

    /** @throws IOException when the file with the keys cannot be read, or holds none */
    Tokens(TokenSettings settings) throws IOException {
        KeyFile file = new KeyFile(settings.keys());
        file.read();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(
                ALGORITHMS,
                JWKSourceBuilder.create(file)
                        .cache(settings.reload().toMillis(), REFRESH_WAIT.toMillis())
                        .rateLimited(false)
                        .refreshAheadCache(false)
                        .outageTolerant(OUTAGE.toMillis())
                        .build()));
        JWTClaimsSet.Builder exact = new JWTClaimsSet.Builder();
        Optional.ofNullable(settings.issuer()).ifPresent(exact::issuer);
        Set<String> audience = settings.audience() == null ? null : Set.of(settings.audience());
        processor.setJWTClaimsSetVerifier(
                new DefaultJWTClaimsVerifier<>(audience, exact.build(), REQUIRED_CLAIMS, new HashSet<>()));
    }

    /** The subject of a token that is good, else nothing: why a bad one is bad is not the caller's business. */
    Optional<Caller> caller(String token) {
        try {
            return Optional.of(new Caller(processor.process(token, null).getSubject()));
        } catch (ParseException | BadJOSEException | JOSEException e) {
            return Optional.empty();
        }
    }

    private record KeyFile(Path path) implements JWKSetSource<SecurityContext> {
        JWKSet read() throws IOException {
            try {
                return JWKSet.parse(Files.readString(path));
            } catch (ParseException e) {
                throw new IOException(path + " is not a JSON Web Key Set: " + e.getMessage(), e);
            }
        }

        @Override
        public JWKSet getJWKSet(JWKSetCacheRefreshEvaluator refresh, long now, SecurityContext context)
                throws JWKSetUnavailableException {
            try {
                return read();
            } catch (IOException e) {
                throw new JWKSetUnavailableException(String.valueOf(e.getMessage()), e);
            }
        }

        @Override
        public void close() {}
    }
}
