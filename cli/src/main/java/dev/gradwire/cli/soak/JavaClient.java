package dev.gradwire.cli.soak;

import java.io.BufferedReader;
import java.util.ArrayList;
import java.util.List;

/** M5 for the Java client: a hundred thousand calls in a process of its own, whose memory must not grow. */
final class JavaClient implements Row {
    private static final int CALLS = 100_000;
    /** Of the calls, before memory is looked at. */
    private static final double WARM_UP = 0.3;

    private static final double NOISE_MEBIBYTES = 4;

    @Override
    public String id() {
        return "M5";
    }

    @Override
    public String fault() {
        return "100,000 calls by the Java client; Netty watches every buffer";
    }

    @Override
    public int weight() {
        return 4;
    }

    @Override
    public void run(Trial trial) throws Exception {
        List<String> java =
                List.of("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-Dio.netty.leakDetection.level=paranoid");
        List<double[]> samples = new ArrayList<>();
        long leaks = 0;
        try (ServerProcess server = ServerProcess.start(List.of("-Xmx256m"))) {
            trial.begin();
            Process client = ServerProcess.java(
                            java,
                            List.of(
                                    "soak-client",
                                    Integer.toString(server.port()),
                                    Integer.toString(CALLS),
                                    Double.toString(trial.left())))
                    .redirectErrorStream(true)
                    .start();
            try (BufferedReader lines = client.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    leaks += line.contains("LEAK") ? 1 : 0;
                    if (line.startsWith(SoakClient.PREFIX)) {
                        String[] numbers =
                                line.substring(SoakClient.PREFIX.length()).split(" ", -1);
                        samples.add(new double[] {Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1])});
                    }
                }
            }
            int status = client.waitFor();
            if (status != 0 || samples.isEmpty()) {
                throw new IllegalStateException("the client ended with status " + status);
            }
        }
        double calls = samples.getLast()[0];
        double[] begin = samples.stream()
                .filter(sample -> sample[0] >= WARM_UP * calls)
                .findFirst()
                .orElseThrow();
        double grown = samples.getLast()[1] - begin[1];
        double counted = (calls - begin[0]) / 10_000;
        trial.note("calls (at most 100,000)", calls, "");
        trial.note("memory grown", grown, "MiB");
        trial.atMost(
                "memory grown, 1 MiB / 10,000 calls and 4 MiB of noise allowed",
                grown,
                counted + NOISE_MEBIBYTES,
                "MiB");
        trial.none("leak reports", (double) leaks);
    }
}
