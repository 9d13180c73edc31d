package dev.gradwire.cli.bench.service;

import dev.gradwire.v1.AutogradServiceGrpc;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The Run method with messages that nobody reads: what a caller spends on them is the same whoever answers. */
public final class Bytes {
    private static final MethodDescriptor.Marshaller<byte[]> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new Known(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    /** Run, as far as the network can tell. */
    public static final MethodDescriptor<byte[], byte[]> METHOD =
            AutogradServiceGrpc.getRunMethod().toBuilder(MARSHALLER, MARSHALLER).build();

    private static final class Known extends ByteArrayInputStream implements KnownLength {
        private Known(byte[] value) {
            super(value);
        }
    }

    private Bytes() {}
}
