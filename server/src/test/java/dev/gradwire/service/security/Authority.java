package dev.gradwire.service.security;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority for one test: certificates as PEM files. */
public final class Authority {
    /** What a certificate is about. */
    public record Files3(Path certificate, Path key) {}

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path folder;
    private final X500Name name;
    private final KeyPair keys = keys();
    private final Path certificate;

    public Authority(Path folder, String commonName) {
        this.folder = folder;
        this.name = new X500Name("CN=" + commonName);
        X509v3CertificateBuilder own = builder(name, keys, Duration.ofDays(1));
        try {
            own.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        certificate = write(commonName + ".pem", signed(own));
    }

    /** Its own certificate. */
    public Path certificate() {
        return certificate;
    }

    /** A certificate for localhost, and with the URI {@code spiffe://test/file} as the name of a client. */
    public Files3 issue(String file, Duration validity) {
        KeyPair pair = keys();
        X509v3CertificateBuilder builder = builder(new X500Name("CN=" + file), pair, validity);
        try {
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
                new GeneralName(GeneralName.dNSName, "localhost"),
                new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
                new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://test/" + file)
            }));
            Path key = write(file + ".key", new JcaPKCS8Generator(pair.getPrivate(), null));
            return new Files3(write(file + ".pem", signed(builder)), key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private X509v3CertificateBuilder builder(X500Name subject, KeyPair pair, Duration validity) {
        Instant end = Instant.now().plus(validity);
        Instant begin = end.isBefore(Instant.now())
                ? end.minus(Duration.ofDays(1))
                : Instant.now().minusSeconds(60);
        return new JcaX509v3CertificateBuilder(
                name, new BigInteger(64, RANDOM), Date.from(begin), Date.from(end), subject, pair.getPublic());
    }

    private X509CertificateHolder signed(X509v3CertificateBuilder builder) {
        try {
            ContentSigner signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
            return builder.build(signer);
        } catch (OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    public static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path write(String file, Object pem) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(pem);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return replace(folder.resolve(file), text.toString());
    }

    /** As tools that rotate certificates do: nobody sees half a file. */
    public static Path replace(Path file, String text) {
        try {
            Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), text);
            return Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
