package dev.gradwire.service.security;

import io.grpc.Context;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;

/**
 * Who calls.
 *
 * @param name subject of the token, or of the certificate: its URI (as in SPIFFE), else its host name, else its
 *     distinguished name
 */
public record Caller(String name) {
    /** The caller of the current call; absent where nobody has to say who they are. */
    public static final Context.Key<Caller> CURRENT = Context.key("caller");

    private static final int DNS = 2;
    private static final int URI = 6;

    static Caller of(X509Certificate certificate) {
        for (int kind : new int[] {URI, DNS}) {
            for (List<?> name : alternativeNames(certificate)) {
                if (name.get(0).equals(kind)) {
                    return new Caller(String.valueOf(name.get(1)));
                }
            }
        }
        return new Caller(certificate.getSubjectX500Principal().getName());
    }

    private static Collection<List<?>> alternativeNames(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null ? List.of() : names;
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }
}
