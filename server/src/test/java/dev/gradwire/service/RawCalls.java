package dev.gradwire.service;

import dev.gradwire.v1.AutogradServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Calls whose messages are any bytes. */
public final class RawCalls {
    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try (stream) {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private RawCalls() {}

    /** Run with these bytes as the request message. */
    public static byte[] run(Channel channel, byte[] request) {
        MethodDescriptor<byte[], byte[]> method =
                AutogradServiceGrpc.getRunMethod().toBuilder(BYTES, BYTES).build();
        return ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, request);
    }

    /** Session with these bytes as the one message. */
    public static byte[] session(Channel channel, byte[] request) {
        MethodDescriptor<byte[], byte[]> method = AutogradServiceGrpc.getSessionMethod().toBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.UNARY)
                .build();
        return ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, request);
    }
}
