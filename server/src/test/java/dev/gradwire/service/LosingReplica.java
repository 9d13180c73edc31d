package dev.gradwire.service;

import dev.gradwire.engine.Engine;
import dev.gradwire.kernel.Backend;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** A server process whose native layer fails from the moment on that a line comes on its standard input. */
public final class LosingReplica {
    private LosingReplica() {}

    /** Ends with the status that the serve command would end with. */
    public static void main(String[] args) throws Exception {
        GradwireServer server = GradwireServer.start(TestServer.CONFIG);
        AtomicBoolean lost = new AtomicBoolean();
        breakWhen(lost, server.resources().engine());
        System.out.println("gradwire serving on 127.0.0.1:" + server.port());
        Thread.ofPlatform().daemon().start(() -> {
            try {
                lost.set(System.in.read() >= 0);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        System.exit(ServeCommand.untilItEnds(server, Duration.ofSeconds(5)));
    }

    /** Puts a backend between the engine and its device that throws what a broken library does: not what callers cause. */
    @SuppressWarnings("unchecked")
    private static void breakWhen(AtomicBoolean lost, Engine engine) throws ReflectiveOperationException {
        Field field = Engine.class.getDeclaredField("backends");
        field.setAccessible(true);
        Map<String, Backend> backends = (Map<String, Backend>) field.get(engine);
        backends.replaceAll((_, real) -> (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, values) -> {
                    if (lost.get()) {
                        throw new IllegalStateException("the device is gone");
                    }
                    try {
                        return method.invoke(real, values);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
