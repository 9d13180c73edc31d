package dev.gradwire.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.gradwire.v1.RunResponse;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * A RunResponse in two parts, which one after the other are the whole message.
 *
 * @param head serialized before: what is the same in all answers of a program
 * @param rest of this run
 */
record RunAnswer(ByteString head, RunResponse rest) {
    int sizeInBytes() {
        return Math.addExact(head.size(), rest.getSerializedSize());
    }

    InputStream stream() {
        return new Stream(this);
    }

    /** Gives its bytes to whoever asks first, at once where that is the transport. */
    private static final class Stream extends InputStream implements KnownLength, Drainable {
        private final RunAnswer answer;
        private InputStream bytes = InputStream.nullInputStream();
        private int left;
        private boolean begun;

        private Stream(RunAnswer answer) {
            this.answer = answer;
            left = answer.sizeInBytes();
        }

        @Override
        public int available() {
            return left;
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            int count = left;
            if (begun) {
                bytes.transferTo(target);
            } else {
                answer.head.writeTo(target);
                answer.rest.writeTo(target);
            }
            begun = true;
            left = 0;
            return count;
        }

        @Override
        public int read() throws IOException {
            int next = bytes().read();
            left -= next < 0 ? 0 : 1;
            return next;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = bytes().read(target, offset, length);
            left -= Math.max(0, count);
            return count;
        }

        private InputStream bytes() {
            if (!begun) {
                begun = true;
                byte[] whole = new byte[left];
                answer.head.copyTo(whole, 0);
                try {
                    answer.rest.writeTo(CodedOutputStream.newInstance(
                            whole, answer.head.size(), whole.length - answer.head.size()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                bytes = new ByteArrayInputStream(whole);
            }
            return bytes;
        }
    }
}
