import io.digdag.cli.Main;
import io.digdag.client.DigdagVersion;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Runs the real Digdag on many project folders in one JVM, which saves its start.
 * Usage: Driver THREADS SECONDS_MAX FOLDER_OF_PROJECTS
 * Each project holds main.dig and `args` (one argument a line); afterwards `real.exit` and `real.err`, too.
 */
public class Driver
{
    private static void one(Path project, int secondsMax) throws Exception
    {
        List<String> args = new ArrayList<>(Files.readAllLines(project.resolve("args")));
        args.add("--project");
        args.add(project.toString());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Map<String, String> env = new HashMap<>(System.getenv());
        int[] code = {124};
        Thread thread = new Thread(() -> {
            Main main = new Main(DigdagVersion.buildVersion(), env, new PrintStream(out, true),
                    new PrintStream(err, true), new ByteArrayInputStream(new byte[0]));
            code[0] = main.cli(args.toArray(new String[0]));
        });
        thread.setDaemon(true);
        thread.start();
        thread.join(secondsMax * 1000L);
        Files.write(project.resolve("real.err"), err.toByteArray());
        Files.write(project.resolve("real.out"), out.toByteArray());
        Files.write(project.resolve("real.exit"), String.valueOf(code[0]).getBytes());
    }

    public static void main(String[] args) throws Exception
    {
        ExecutorService pool = Executors.newFixedThreadPool(Integer.parseInt(args[0]));
        int secondsMax = Integer.parseInt(args[1]);
        File[] projects = new File(args[2]).listFiles(File::isDirectory);
        java.util.Arrays.sort(projects);
        for (File project : projects) {
            Path path = Paths.get(project.getAbsolutePath());
            pool.submit(() -> {
                try {
                    one(path, secondsMax);
                }
                catch (Throwable e) {
                    e.printStackTrace();
                }
            });
        }
        pool.shutdown();
        pool.awaitTermination(24, TimeUnit.HOURS);
        System.exit(0);
    }
}
